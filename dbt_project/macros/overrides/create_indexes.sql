{# Why: dbt calls this when a new table has all its rows and does not yet have its final name. That
   is the moment for constraints, indexes, comments and statistics: no reader waits for them. #}
{% macro postgres__create_indexes(relation) %}
    {% if config.get('contract').enforced %}{{ add_constraints(relation) }}{% endif %}
    {{ default__create_indexes(relation) }}
    {% do persist_docs(relation, model) %}
    {% do run_query('analyze ' ~ relation) %}
{% endmacro %}


{% macro add_constraints(relation) %}
    {% set changes = [] %}
    {% for column in model.columns.values() %}
        {% for constraint in column.constraints if constraint.type == 'not_null' %}
            {% do changes.append('alter column ' ~ adapter.quote(column.name) ~ ' set not null') %}
        {% endfor %}
    {% endfor %}
    {% do run_query('alter table ' ~ relation ~ ' ' ~ changes | join(', ')) if changes %}
{% endmacro %}

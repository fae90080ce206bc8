{# Tables with a contract are made by CREATE TABLE AS, and constrained before anybody sees them:
   dbt's own way, an INSERT into the constrained table, can use but one processor. With `fillfactor`
   in a model's `meta` its pages keep some room: an update that finds it in the row's own page touches
   no index. #}
{% macro postgres__create_table_as(temporary, relation, sql) %}
    {{ config.get('sql_header', none) or '' }}
    {% if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(sql) }}
        {% if not temporary %}{% set sql = get_select_subquery(sql) %}{% endif %}
    {% endif %}
    {% set room = none if temporary else config.get('meta', {}).get('fillfactor') %}
    create {{ 'temporary' if temporary }} table {{ relation }}
    {{ 'with (fillfactor = ' ~ room ~ ')' if room }} as ({{ sql }});
{% endmacro %}


{# dbt calls this once a new table has its rows, before it takes the old one's place. #}
{% macro postgres__create_indexes(relation) %}
    {% if config.get('contract').enforced %}{{ constrain(relation) }}{% endif %}
    {{ default__create_indexes(relation) }}
    {% do run_query('analyze ' ~ relation) %}
{% endmacro %}


{# Put on what the model's columns must hold: `not_null` is the one constraint that models use. #}
{% macro constrain(relation) %}
    {% set changes = [] %}
    {% for column in model.columns.values() %}
        {% for constraint in column.constraints if constraint.type == 'not_null' %}
            {% do changes.append('alter column ' ~ adapter.quote(column.name) ~ ' set not null') %}
        {% endfor %}
    {% endfor %}
    {% do run_query('alter table ' ~ relation ~ ' ' ~ changes | join(', ')) if changes %}
{% endmacro %}

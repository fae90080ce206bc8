{# Why: dbt's data tests read a whole model, so that their cost grows with the history. Ours read the
   rows of unbuilt files, at most 100,000 of them; of a seed all rows. What must hold for every row
   is a constraint or a unique index, which Postgres enforces. #}
{% macro postgres__get_where_subquery(relation) %}
    {% set conditions = [config.get('where') or 'true'] %}
    {% if not (model.attached_node or '').startswith('seed.') %}
        {% do conditions.append('load_seq in ' ~ sql_list("
            select load_seq from ingest.mart_file where is_unbuilt
        ")) %}
    {% endif %}
    {% do return(
        '(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ' limit 100000)'
        ~ ' as chosen'
    ) %}
{% endmacro %}

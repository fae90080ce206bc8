{# A file may lack an optional column. An absent column is not an empty one. #}


{% macro is_given(column) %}
    coalesce('{{ column }}' <> all(string_to_array(absent, ',')), true)
{% endmacro %}


{% macro last_given(column, dataset, key) %}
    {% if lacking(dataset, column) %}
        first_value({{ column }}) over (
            partition by {{ key }} order by {{ is_given(column) }} desc, position desc, row desc
        ) as {{ column }}
    {% else %}{{ column }}{% endif %}
{% endmacro %}


{% macro lacking(dataset, column) %}
    {% set query %}
        select exists (
            select from ingest.mart_file
            where dataset = '{{ dataset }}' and is_sealed and '{{ column }}' = any(absent)
        )
    {% endset %}
    {% do return(execute and run_query(query).rows[0][0]) %}
{% endmacro %}

{# Schemas are named as they are: `stg`, `marts`; dbt's default would say `marts_stg`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

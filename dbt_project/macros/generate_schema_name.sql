{# Schemas are named as they are: `stg`, `marts`; dbt's default would say `marts_stg`. When marts are
   made anew to be compared, all are in one schema of their own. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('PENSTOCK_DBT_SCRATCH', '') or custom_schema_name or target.schema }}
{%- endmacro %}

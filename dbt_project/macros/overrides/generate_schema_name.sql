{# Why: dbt's default prefixes the schema of the target, `marts_stg`. Ours are `stg` and `marts` as
   they are configured. `penstock verify --marts` builds all models in one schema, `scratch`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('PENSTOCK_DBT_SCRATCH', '') or custom_schema_name or target.schema }}
{%- endmacro %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['sku', 'load_seq', 'row'],
    on_schema_change='fail',
    pre_hook="{{ forget_unbuilt('products') }}",
    post_hook="{% if not is_incremental() %}analyze {{ this }}{% endif %}",
    indexes=[
        {'columns': ['sku', 'nullif(replaced_by_load_seq is null, false)'], 'unique': true},
        {'columns': ['load_seq']},
    ],
) }}
{% do one_snapshot() %}

with {{ product_chain(ref('stg_products'), increment=is_incremental()) }}

select
    sku,
    name,
    description,
    load_seq,
    row,
    replaced_by_load_seq,
    replaced_by_row
from chained
{% if is_incremental() %}
where
    is_new
    or replaced_by_load_seq is distinct from was_replaced_by_load_seq
    or replaced_by_row is distinct from was_replaced_by_row
{% endif %}

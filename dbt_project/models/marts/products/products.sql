{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='sku',
    on_schema_change='fail',
    pre_hook="{{ forget_touched_products() }}",
    post_hook="{% if not is_incremental() %}analyze {{ this }}{% endif %}",
    indexes=[{'columns': ['sku'], 'unique': true}],
) }}
{% do small_sorts(workers=0) %}

with received as (
    {{ received_products(ref('stg_products'), this) }}
)

select
    sku,
    name,
    description,
    file_id,
    row,
    load_seq,
    received_at
from received
where
    not exists (
        select from {{ ref('product_history') }} as replaced
        where
            replaced.file_id = received.file_id
            and replaced.row = received.row
            {% if is_incremental() %}and replaced.sku = received.sku{% endif %}
    )

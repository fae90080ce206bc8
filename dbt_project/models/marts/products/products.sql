{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='sku',
    on_schema_change='fail',
    meta={'fillfactor': 95},
    pre_hook=[
        "{{ forget_touched_products() }}",
        "{{ forget_deleted_products(ref('product_history')) }}",
    ],
    post_hook="{% if not is_incremental() %}analyze {{ this }}{% endif %}",
    indexes=[{'columns': ['sku'], 'unique': true}],
) }}
{% do small_sorts(workers=0) %}

select
    sku,
    name,
    description,
    file_id,
    row,
    load_seq,
    received_at
from {{ ref('stg_products') }} as received
where
    not exists (
        select from {{ ref('product_history') }} as replaced
        where
            replaced.file_id = received.file_id
            and replaced.row = received.row
            {% if is_incremental() %}and replaced.sku = received.sku{% endif %}
    )
    {% if is_incremental() and only_newer_products() %}
    and file_id in {{ product_files("state = 'sealed'") }}
    {% elif is_incremental() %}
    and sku in ({{ touched_products() }})
    {% endif %}

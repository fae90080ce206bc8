{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['sku', 'file_id', 'row'],
    on_schema_change='fail',
    pre_hook="{{ forget_touched_products() }}",
    post_hook="{% if not is_incremental() %}analyze {{ this }}{% endif %}",
    indexes=[{'columns': ['sku']}],
) }}
{% do small_sorts(workers=1) %}

with received as (
    {{ received_products(ref('stg_products'), this.schema ~ '.products') }}
),

-- One window over all and not one a sku, and by hash first: text is slow to sort.
ordered as (
    select
        sku,
        name,
        description,
        file_id,
        row,
        lead(sku) over in_order = sku as is_replaced,
        lead(file_id) over in_order as next_file_id,
        lead(row) over in_order as next_row
    from received
    window in_order as (order by hashtextextended(sku, 0), sku collate "C", position, row)
)

select
    ordered.sku,
    ordered.name,
    ordered.description,
    ordered.file_id,
    ordered.row,
    files.load_seq,
    files.sealed_at as received_at,
    ordered.next_file_id as replaced_by_file_id,
    ordered.next_row as replaced_by_row,
    -- A replay takes an old place in the order: what follows it was there before it.
    greatest(files.sealed_at, replacing.sealed_at) as replaced_at
from ordered
inner join {{ ref('stg_product_files') }} as files on ordered.file_id = files.file_id
inner join {{ ref('stg_product_files') }} as replacing on ordered.next_file_id = replacing.file_id
where ordered.is_replaced

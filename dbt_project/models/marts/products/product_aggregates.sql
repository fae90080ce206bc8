{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='name',
    on_schema_change='fail',
    pre_hook="{{ forget_all_when_retracting('products') }}",
    indexes=[{'columns': ['name'], 'unique': true}],
) }}
{% do one_snapshot() %}
-- When rows go, all is counted anew; else counts move by what new rows add and take away.
{% set adds_only = is_incremental() and not retracts('products') %}

with {{ product_chain(increment=adds_only) }}

{% if adds_only %}
-- `known_load_seq` says up to which load a count holds what it should: a repeat adds nothing.
, moved as (
    select
        chained.name,
        coalesce(counted.product_count, 0) as known_products,
        coalesce(counted.rows_received, 0) as known_rows,
        coalesce(counted.load_seq, 0) as known_load_seq,
        chained.load_seq,
        chained.replaced_by_load_seq
    from chained
    left join {{ this }} as counted on chained.name = counted.name
)

select
    name,
    known_products
    + count(*) filter (where load_seq > known_load_seq and replaced_by_load_seq is null)
    - count(*) filter (where load_seq <= known_load_seq and replaced_by_load_seq > known_load_seq)
        as product_count,
    known_rows + count(*) filter (where load_seq > known_load_seq) as rows_received,
    greatest(known_load_seq, max(load_seq), max(replaced_by_load_seq)) as load_seq
from moved
group by name, known_products, known_rows, known_load_seq
{% else %}
select
    name,
    count(*) filter (where replaced_by_load_seq is null) as product_count,
    count(*) as rows_received,
    greatest(max(load_seq), max(replaced_by_load_seq)) as load_seq
from chained
group by name
{% endif %}

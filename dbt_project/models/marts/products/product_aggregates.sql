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

with {{ product_chain(ref('stg_products'), increment=adds_only) }}

{% if adds_only %}
-- `counted.load_seq` says up to which load a count holds what it should: a repeat adds nothing.
{% set is_new = 'chained.load_seq > coalesce(counted.load_seq, 0)' %}
select
    chained.name,
    coalesce(counted.product_count, 0)
    + count(*) filter (where {{ is_new }} and chained.replaced_by_load_seq is null)
    - count(*) filter (where not {{ is_new }} and chained.replaced_by_load_seq > counted.load_seq)
        as product_count,
    coalesce(counted.rows_received, 0) + count(*) filter (where {{ is_new }}) as rows_received,
    greatest(counted.load_seq, max(chained.load_seq), max(chained.replaced_by_load_seq)) as load_seq
from chained
left join {{ this }} as counted on chained.name = counted.name
group by chained.name, counted.product_count, counted.rows_received, counted.load_seq
{% else %}
select
    name,
    count(*) filter (where replaced_by_load_seq is null) as product_count,
    count(*) as rows_received,
    greatest(max(load_seq), max(replaced_by_load_seq)) as load_seq
from chained
group by name
{% endif %}

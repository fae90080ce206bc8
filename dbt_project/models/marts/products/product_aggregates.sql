{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='name',
    on_schema_change='fail',
    pre_hook="{% if is_incremental() and not only_newer_products() %}delete from {{ this }}{% endif %}",
    indexes=[{'columns': ['name'], 'unique': true}],
) }}
{% do small_sorts(workers=0) %}
-- Newer rows move the counts by what they add and take away; when others come or go, all is
-- counted anew.

with replaced as not materialized (
    select
        history.sku,
        history.name,
        history.file_id,
        history.row,
        history.load_seq,
        history.replaced_by_file_id,
        files.load_seq as replaced_by_load_seq
    from {{ ref('product_history') }} as history
    inner join {{ ref('stg_product_files') }} as files
        on history.replaced_by_file_id = files.file_id
),

{% if is_incremental() and only_newer_products() %}
{% set incoming_files = product_files("state = 'sealed'") %}
incoming as (
    select
        sku,
        name,
        file_id,
        row,
        load_seq
    from {{ ref('stg_products') }}
    where file_id in {{ incoming_files }}
),

touched as (
    select
        incoming.name,
        incoming.load_seq,
        replaced.replaced_by_load_seq
    from incoming
    left join replaced
        on
            incoming.sku = replaced.sku
            and incoming.file_id = replaced.file_id
            and incoming.row = replaced.row
    union all
    select
        name,
        load_seq,
        replaced_by_load_seq
    from replaced
    where
        sku in (select incoming.sku from incoming)
        and file_id not in {{ incoming_files }}
        and replaced_by_file_id in {{ incoming_files }}
)

-- `counted.load_seq` says up to which load a count holds what it should: a repeat adds nothing.
{% set is_new = 'touched.load_seq > coalesce(counted.load_seq, 0)' %}
select
    touched.name,
    coalesce(counted.product_count, 0)
    + count(*) filter (where {{ is_new }} and touched.replaced_by_load_seq is null)
    - count(*) filter (where not {{ is_new }} and touched.replaced_by_load_seq > counted.load_seq)
        as product_count,
    coalesce(counted.rows_received, 0) + count(*) filter (where {{ is_new }}) as rows_received,
    greatest(counted.load_seq, max(touched.load_seq), max(touched.replaced_by_load_seq)) as load_seq
from touched
left join {{ this }} as counted on touched.name = counted.name
group by touched.name, counted.product_count, counted.rows_received, counted.load_seq
{% else %}
names_received as (
    select
        name,
        count(*) as rows_received,
        max(load_seq) as load_seq
    from {{ ref('stg_products') }}
    group by name
),

names_replaced as (
    select
        name,
        count(*) as rows_replaced,
        max(replaced_by_load_seq) as load_seq
    from replaced
    group by name
)

select
    received.name,
    received.rows_received,
    received.rows_received - coalesce(replaced.rows_replaced, 0) as product_count,
    greatest(received.load_seq, replaced.load_seq) as load_seq
from names_received as received
left join names_replaced as replaced on received.name = replaced.name
{% endif %}

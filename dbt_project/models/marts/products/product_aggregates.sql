{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='name',
    on_schema_change='fail',
    meta={'fillfactor': 95},
    pre_hook="{% if is_incremental() and not only_newer_products() %}delete from {{ this }}{% endif %}",
    indexes=[{'columns': ['name'], 'unique': true}],
) }}
{% do small_sorts(workers=0) %}
-- Newer rows move the counts by what they add and take away; when others come or go, all is
-- counted anew.

with no_longer as not materialized (
    select
        history.sku,
        history.name,
        history.deleted,
        history.file_id,
        history.row,
        history.load_seq,
        history.replaced_by_file_id,
        replacing.load_seq as replaced_by_load_seq
    from {{ ref('product_history') }} as history
    left join {{ ref('stg_product_files') }} as replacing
        on history.replaced_by_file_id = replacing.file_id
),

{% if is_incremental() and only_newer_products() %}
{% set incoming_files = product_files("state = 'sealed'") %}
incoming as (
    select
        sku,
        name,
        deleted,
        file_id,
        row,
        load_seq
    from {{ ref('stg_products') }}
    where file_id in {{ incoming_files }}
),

touched as (
    select
        incoming.name,
        incoming.deleted,
        incoming.load_seq,
        no_longer.replaced_by_load_seq
    from incoming
    left join no_longer
        on
            incoming.sku = no_longer.sku
            and incoming.file_id = no_longer.file_id
            and incoming.row = no_longer.row
    union all
    select
        name,
        deleted,
        load_seq,
        replaced_by_load_seq
    from no_longer
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
    + count(*) filter (
        where {{ is_new }} and touched.replaced_by_load_seq is null and not touched.deleted
    ) - count(*) filter (
        where
            not {{ is_new }}
            and touched.replaced_by_load_seq > counted.load_seq
            and not touched.deleted
    ) as product_count,
    coalesce(counted.rows_received, 0) + count(*) filter (where {{ is_new }}) as rows_received,
    greatest(counted.load_seq, max(touched.load_seq), max(touched.replaced_by_load_seq)) as load_seq
from touched
left join {{ this }} as counted on touched.name = counted.name
group by touched.name, counted.product_count, counted.rows_received, counted.load_seq
{% else %}
moves as (
    select
        name,
        load_seq,
        1 as received,
        1 as standing
    from {{ ref('stg_products') }}
    union all
    select
        name,
        coalesce(replaced_by_load_seq, load_seq) as load_seq,
        0 as received,
        -1 as standing
    from no_longer
)

select
    name,
    sum(standing) as product_count,
    sum(received) as rows_received,
    max(load_seq) as load_seq
from moves
group by hashtextextended(name, 0), name  -- by hash first: text is slow to sort
{% endif %}

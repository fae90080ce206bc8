{{ config(
    unique_key='name',
    meta={'fillfactor': 95},
    pre_hook="{% if is_incremental() and not only_newer_products() %}delete from {{ this }}{% endif %}",
    indexes=[{'columns': ['name'], 'unique': true}],
) }}
{% do small_sorts(workers=0) %}
{% set all_rows, changes = ref('stg_products'), ref('stg_product_changes') %}
-- Newer rows change the counts by what they add and remove. Otherwise all rows are counted again.

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
known as materialized (
    select no_longer.*
    from no_longer
    where no_longer.sku in (select received.sku from {{ changes }} as received)
),

touched as (
    select
        received.name,
        received.deleted,
        received.load_seq,
        known.replaced_by_load_seq
    from {{ changes }} as received
    left join known on received.file_id = known.file_id and received.row = known.row
    union all
    select
        name,
        deleted,
        load_seq,
        replaced_by_load_seq
    from known
    where
        file_id not in {{ product_files('true') }}
        and replaced_by_file_id in {{ product_files('true') }}
),

moves as (
    select
        name,
        deleted,
        load_seq,
        replaced_by_load_seq,
        count(*)::integer as rows
    from touched
    group by name, deleted, load_seq, replaced_by_load_seq
)

-- A count includes all loads up to `counted.load_seq`, so that a repeated build adds nothing.
{% set is_new = 'moves.load_seq > coalesce(counted.load_seq, 0)' %}
select
    moves.name,
    coalesce(counted.product_count, 0)
    + coalesce(sum(moves.rows) filter (
        where {{ is_new }} and moves.replaced_by_load_seq is null and not moves.deleted
    ), 0)
    - coalesce(sum(moves.rows) filter (
        where
        not {{ is_new }} and moves.replaced_by_load_seq > counted.load_seq
        and not moves.deleted
    ), 0) as product_count,
    coalesce(counted.rows_received, 0)
    + coalesce(sum(moves.rows) filter (where {{ is_new }}), 0) as rows_received,
    greatest(counted.load_seq, max(moves.load_seq), max(moves.replaced_by_load_seq)) as load_seq
from moves
left join {{ this }} as counted on moves.name = counted.name
group by moves.name, counted.product_count, counted.rows_received, counted.load_seq
{% else %}
moves as (
    select
        name,
        load_seq,
        1 as received,
        1 as standing
    from {{ all_rows }}
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

{{ config(
    unique_key=['sku', 'file_id', 'row'],
    pre_hook=["{{ forget_touched_products() }}", "{{ create_skus_with_history() }}"],
    post_hook="{{ drop_skus_with_history() }}",
    indexes=[{'columns': ['sku']}],
) }}
{% do small_sorts(workers=1) %}

with received as (
    {{ history_candidates(
        ref('stg_products'), ref('stg_product_changes'), this.schema ~ '.products', this
    ) }}
),

-- A row that lacks the description has the last one given since the product was last deleted.
complete as (
    {% if lack_description() %}
    select
        *,
        case
            when is_given then description
            else first_value(case when deleted then '' else description end) over (
                partition by hashtextextended(sku, 0), sku collate "C", given_before
                order by position, row
            )
        end as complete_description
    from (
        select
            *,
            count(*) filter (where is_given or deleted) over (
                partition by hashtextextended(sku, 0), sku collate "C"
                order by position, row
            ) as given_before
        from received
    ) as counted
    {% else %}
    select
        *,
        description as complete_description
    from received
    {% endif %}
),

-- One window over all rows, not one for each sku, and by hash first: text is slow to sort.
ordered as (
    select
        *,
        coalesce(lead(sku) over in_order = sku, false) as is_replaced,
        lead(file_id) over in_order as next_file_id,
        lead(row) over in_order as next_row
    from complete
    window in_order as (order by hashtextextended(sku, 0), sku collate "C", position, row)
)

select
    ordered.sku,
    ordered.name,
    ordered.complete_description as description,
    ordered.deleted,
    ordered.file_id,
    ordered.row,
    files.load_seq,
    files.sealed_at as received_at,
    replacing.file_id as replaced_by_file_id,
    case when ordered.is_replaced then ordered.next_row end as replaced_by_row,
    -- A replay has an old position: the row after it may have been received before it.
    case
        when ordered.is_replaced then greatest(files.sealed_at, replacing.sealed_at)
    end as replaced_at
from ordered
inner join {{ ref('stg_product_files') }} as files on ordered.file_id = files.file_id
left join {{ ref('stg_product_files') }} as replacing
    on ordered.is_replaced and ordered.next_file_id = replacing.file_id
where ordered.is_replaced or ordered.deleted

{# CTEs that end in `chained`: rows of products in the order in which they count, each with the row
   of the same sku that replaced it. Of everything, or in an increment of the sku that are touched.

   An increment finds the older rows of a sku in product_versions, which has an index on it where
   staging has none. It may do so before and after product_versions took in the new files, for
   these are left out there: so its readers need not wait for it. #}
{% macro product_chain(rows, increment) %}
incoming as (
    select sku, name, description, load_seq, row, position
    from {{ rows }}
    {% if increment %}
    where file_id in {{ unbuilt('file_id', 'products', ['sealed']) }}
    {% endif %}
),

received as (
    select
        *,
        true as is_new,
        null::bigint as was_replaced_by_load_seq,
        null::bigint as was_replaced_by_row
    from incoming
    {% if increment %}
    union all
    {{ known_rows_of_touched_products() }}
    {% endif %}
),

-- One window over all and not one a sku: millions of small partitions cost more than the sort.
ordered as (
    select
        *,
        lead(sku) over in_order = sku as is_replaced,
        lead(load_seq) over in_order as next_load_seq,
        lead(row) over in_order as next_row
    from received
    window in_order as (order by sku collate "C", position, row)
),

chained as (
    select
        *,
        case when is_replaced then next_load_seq end as replaced_by_load_seq,
        case when is_replaced then next_row end as replaced_by_row
    from ordered
)
{% endmacro %}


{# Rows of files that stay, of each sku that an unbuilt file has: to come or to go. #}
{% macro known_rows_of_touched_products() %}
    select
        known.sku,
        known.name,
        known.description,
        known.load_seq,
        known.row,
        files.position,
        false as is_new,
        known.replaced_by_load_seq,
        known.replaced_by_row
    from {{ this.schema }}.product_versions as known
    inner join {{ source('ingest', 'file') }} as files on known.load_seq = files.load_seq
    where
        known.sku in (
            select sku from incoming
            {% if retracts('products') %}
            union
            select sku from {{ source('staging', 'products') }}
            where _file_id in {{ unbuilt('file_id', 'products', ['superseded']) }}
            {% endif %}
        )
        and known.load_seq not in
            {{ unbuilt('load_seq', 'products', ['sealed', 'superseded']) }}
{% endmacro %}

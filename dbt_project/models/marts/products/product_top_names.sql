{{ config(
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}",
    incremental_strategy='append',
    indexes=[{'columns': ['name'], 'unique': true}],
) }}
{% do small_sorts(workers=1) %}

-- An index on the count would cost each build more than this: it changes with every product.
select
    name,
    product_count,
    rows_received,
    load_seq
from {{ ref('product_name_counts') }}
where product_count > 0
order by product_count desc, name collate "C" asc
limit 1000

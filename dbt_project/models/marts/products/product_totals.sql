{{ config(
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}",
    incremental_strategy='append',
) }}
{% do small_sorts(workers=1) %}

select
    coalesce(sum(product_count), 0)::bigint as products,
    count(*) filter (where product_count > 0) as names,
    coalesce(sum(rows_received), 0)::bigint as rows_received
from {{ ref('product_name_counts') }}

{{ config(
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}",
    incremental_strategy='append',
) }}
{% do small_sorts(workers=1) %}

select
    sum(product_count)::bigint as products,
    count(*) filter (where product_count > 0) as names,
    sum(rows_received)::bigint as rows_received
from {{ ref('product_name_counts') }}
having count(*) > 0

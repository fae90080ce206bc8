{{ config(materialized='view') }}

select
    name,
    product_count,
    rows_received,
    load_seq
from {{ ref('product_name_counts') }}
where product_count > 0

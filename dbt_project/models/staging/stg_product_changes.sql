{{ config(materialized='table') }}
{% do small_sorts(workers=1) %}
{# In a full refresh only the tests read this table: rows of small files are enough. #}
{% set small = 'select file_id from ' ~ ref('stg_product_files')
    ~ ' where is_unbuilt and rows_good <= 100000' %}
{% set files = product_files('is_sealed') if is_an_increment() else '(' ~ small ~ ')' %}

select
    sku,
    name,
    description,
    deleted,
    file_id,
    row,
    load_seq,
    position,
    received_at,
    absent
from {{ ref('stg_products') }}
where file_id in {{ files }}

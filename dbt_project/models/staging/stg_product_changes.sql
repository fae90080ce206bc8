{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}truncate {{ this }}{% endif %}",
    post_hook="{% if is_incremental() %}analyze {{ this }}{% endif %}",
) }}
{% do small_sorts(workers=1) %}
-- Where all is built anew, the tests alone look at these: rows of small files will do.

select
    staged.sku,
    staged.name,
    staged.description,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position,
    files.sealed_at as received_at,
    staged.deleted = 'true' as deleted
from {{ source('staging', 'products') }} as staged
inner join {{ ref('stg_product_files') }} as files on staged._file_id = files.file_id
where
    files.is_unbuilt
    and files.state = 'sealed'
    {% if is_incremental() %}
    and staged._file_id in {{ product_files("state = 'sealed'") }}
    {% else %}
    and files.rows_good <= 100000
    {% endif %}

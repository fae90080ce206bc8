{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}truncate {{ this }}{% endif %}",
    post_hook="{% if is_incremental() %}analyze {{ this }}{% endif %}",
) }}
{% do small_sorts(workers=1) %}
{% if is_incremental() %}
{% set files = product_files("state = 'sealed'") %}
{% else %}{# Where all is built anew, the tests alone look at these. #}
    {% set files = sql_list("
        select file_id from ingest.file
        where dataset = 'products' and built_at is null and state = 'sealed' and rows_good <= 100000
    ") %}
{% endif %}

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
where {{ 'false' if files == '(-1)' else 'staged._file_id in ' ~ files }}

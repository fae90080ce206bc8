{{ config(materialized='view') }}

select
    versions.sku,
    versions.name,
    versions.description,
    files.file_id,
    versions.row,
    versions.load_seq,
    files.sealed_at as received_at
from {{ ref('product_versions') }} as versions
left join {{ source('ingest', 'file') }} as files on versions.load_seq = files.load_seq
where versions.replaced_by_load_seq is null

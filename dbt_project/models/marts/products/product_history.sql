{{ config(materialized='view') }}

select
    versions.sku,
    versions.name,
    versions.description,
    files.file_id,
    versions.row,
    versions.load_seq,
    files.sealed_at as received_at,
    replacing.file_id as replaced_by_file_id,
    versions.replaced_by_row,
    -- A replay takes an old place in the order: what follows it was there before it.
    greatest(files.sealed_at, replacing.sealed_at) as replaced_at
from {{ ref('product_versions') }} as versions
left join {{ source('ingest', 'file') }} as files on versions.load_seq = files.load_seq
left join {{ source('ingest', 'file') }} as replacing
    on versions.replaced_by_load_seq = replacing.load_seq
where versions.replaced_by_load_seq is not null

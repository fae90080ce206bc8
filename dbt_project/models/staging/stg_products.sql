select
    files.path,
    staged.sku,
    staged.name,
    staged.description,
    staged._absent as absent,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position,
    files.sealed_at as received_at,
    split_part(files.path, '/', -1) as filename,
    staged.deleted = 'true' as deleted
from {{ source('staging', 'products') }} as staged
left join {{ ref('stg_product_files') }} as files on staged._file_id = files.file_id
-- A left join: without statistics of rows just loaded, the planner expects few of an inner join.
where coalesce(files.is_sealed, false)

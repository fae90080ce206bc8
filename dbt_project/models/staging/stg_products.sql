select
    files.path,
    staged.sku,
    staged.name,
    staged.description,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position,
    split_part(files.path, '/', -1) as filename
from {{ source('staging', 'products') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'products' and files.state = 'sealed'

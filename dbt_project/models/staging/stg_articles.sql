select
    staged.id,
    staged.title,
    staged.created_by,
    staged.updated_by,
    staged._file_id as file_id,
    staged._row as row,
    staged._absent as absent,
    files.load_seq,
    files.position
from {{ source('staging', 'articles') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'articles' and files.state = 'sealed'

select
    files.path,
    staged.event_time,
    staged.email,
    staged.session_id,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    split_part(files.path, '/', -1) as filename
from {{ source('staging', 'events') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'events' and files.state = 'sealed'

select
    staged.user_id,
    staged.time,
    staged.action,
    staged.object_id,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position,
    (staged.time at time zone 'UTC')::date as day
from {{ source('staging', 'clickstream') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'clickstream' and files.state = 'sealed'

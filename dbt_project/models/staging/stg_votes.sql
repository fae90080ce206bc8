select
    staged.candidate,
    staged.vote_time,
    staged.kiosk_id::integer as kiosk_id,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position
from {{ source('staging', 'votes') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'votes' and files.state = 'sealed'

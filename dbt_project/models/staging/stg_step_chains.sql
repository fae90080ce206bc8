select
    files.path,
    staged.number,
    staged.step,
    staged.value,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position
from {{ source('staging', 'step_chains') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'step_chains' and files.state = 'sealed'

select
    staged.path,
    staged.user_id,
    staged.size_bytes,
    staged.modified_at,
    staged._file_id as file_id,
    files.load_seq
from {{ source('staging', 'people_images') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'people_images' and files.state = 'sealed'

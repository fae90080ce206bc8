select
    files.path,
    staged.virtual_host,
    staged.host,
    staged.country,
    staged.ident,
    staged.auth_user,
    staged.requested_at,
    staged.method,
    staged.path as request_path,
    staged.protocol,
    staged.unparsed_request,
    staged.status,
    staged.size_bytes,
    staged.referrer,
    staged.user_agent,
    staged.more_fields,
    staged.escaped_bytes,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq
from {{ source('staging', 'access_log') }} as staged
inner join {{ source('ingest', 'file') }} as files on staged._file_id = files.file_id
where files.dataset = 'access_log' and files.state = 'sealed'

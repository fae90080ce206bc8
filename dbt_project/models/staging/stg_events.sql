select
    files.path,
    staged.event_time,
    staged.email,
    staged.session_id,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    split_part(files.path, '/', -1) as filename
{{ sealed('events') }}

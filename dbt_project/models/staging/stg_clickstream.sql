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
{{ sealed('clickstream') }}

select
    files.path,
    staged.user_id,
    staged.first_name,
    staged.last_name,
    staged.birthts,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position
{{ sealed('people') }}

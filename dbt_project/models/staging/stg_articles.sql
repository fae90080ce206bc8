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
{{ sealed('articles') }}

select
    files.path,
    staged.number,
    staged.step,
    staged.value,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position
{{ sealed('step_chains') }}

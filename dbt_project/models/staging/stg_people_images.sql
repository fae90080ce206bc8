select
    staged.path,
    staged.user_id,
    staged.size_bytes,
    staged.modified_at,
    staged._file_id as file_id,
    files.load_seq
{{ sealed('people_images') }}

select
    staged.candidate,
    staged.vote_time,
    staged.kiosk_id::integer as kiosk_id,
    staged._file_id as file_id,
    staged._row as row,
    files.load_seq,
    files.position
{{ sealed('votes') }}

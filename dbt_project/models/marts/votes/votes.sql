{{ config(
    pre_hook="{{ forget_when_retracting('votes', 'vote_time, kiosk_id') }}",
    indexes=[
        {'columns': ['vote_time', 'kiosk_id'], 'unique': true},
        {'columns': ['load_seq']},
    ],
) }}
{% do one_snapshot() %}

with received as (
    {{ first_received('votes', ref('stg_votes'), 'vote_time, kiosk_id') }}
)

select
    candidate,
    vote_time,
    kiosk_id,
    file_id,
    row,
    load_seq
from received

{{ config(
    pre_hook="{{ forget_when_retracting('clickstream', 'user_id, time') }}",
    indexes=[
        {'columns': ['user_id', 'time'], 'unique': true},
        {'columns': ['action', 'day', 'object_id']},
        {'columns': ['load_seq']},
    ],
) }}
{% do one_snapshot() %}

with received as (
    {{ first_received('clickstream', ref('stg_clickstream'), 'user_id, time') }}
)

select
    user_id,
    time,
    day,
    action,
    object_id,
    file_id,
    row,
    load_seq
from received

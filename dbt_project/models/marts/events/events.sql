{{ config(
    pre_hook="{{ forget_unbuilt('events') }}",
    indexes=[{'columns': ['filename', 'event_time']}, {'columns': ['load_seq']}],
) }}
{% do one_snapshot() %}

select
    filename,
    event_time,
    email,
    session_id,
    file_id,
    row,
    load_seq
from {{ ref('stg_events') }}
{% if is_incremental() %}
where file_id in {{ unbuilt('file_id', 'events', that='is_sealed') }}
{% endif %}

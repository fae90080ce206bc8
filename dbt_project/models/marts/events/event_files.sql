{{ config(
    pre_hook="{{ forget_unbuilt('events', column='file_id') }}",
    indexes=[{'columns': ['file_id'], 'unique': true}, {'columns': ['filename']}],
) }}
{% do one_snapshot() %}

with counted as (
    select
        counts.file_id,
        counts.load_seq,
        split_part(files.path, '/', -1) as filename,
        sum(counts.events)::bigint as events
    from {{ ref('event_counts_by_hour') }} as counts
    inner join {{ source('ingest', 'mart_file') }} as files on counts.file_id = files.file_id
    {% if is_incremental() %}
    where counts.file_id in {{ unbuilt('file_id', 'events', that='is_sealed') }}
    {% endif %}
    group by counts.file_id, files.path, counts.load_seq
)

-- The index of events by file and time finds the first and the last.
select
    counted.file_id,
    counted.filename,
    counted.events,
    counted.load_seq,
    (
        select min(events.event_time) from {{ ref('events') }} as events
        where events.filename = counted.filename and events.file_id = counted.file_id
    ) as first_time,
    (
        select max(events.event_time) from {{ ref('events') }} as events
        where events.filename = counted.filename and events.file_id = counted.file_id
    ) as last_time
from counted

{{ config(
    pre_hook="{{ forget_unbuilt('events', column='file_id') }}",
    indexes=[{'columns': ['file_id', 'hour'], 'unique': true}, {'columns': ['hour']}],
) }}
{% do one_snapshot() %}

select
    file_id,
    load_seq,
    date_trunc('hour', minute, 'UTC') as hour,
    sum(events)::bigint as events
from {{ ref('event_counts_by_minute') }}
{% if is_incremental() %}
where file_id in {{ unbuilt('file_id', 'events', that='is_sealed') }}
{% endif %}
group by file_id, load_seq, date_trunc('hour', minute, 'UTC')

{{ config(
    pre_hook="{{ forget_unbuilt('events', column='file_id') }}",
    indexes=[{'columns': ['file_id', 'minute'], 'unique': true}, {'columns': ['minute']}],
) }}
{% do one_snapshot() %}

select
    file_id,
    load_seq,
    date_trunc('minute', event_time) as minute,
    count(*) as events
from {{ ref('events') }}
{% if is_incremental() %}
where load_seq in {{ unbuilt('load_seq', 'events', that='is_sealed') }}
{% endif %}
group by file_id, load_seq, date_trunc('minute', event_time)

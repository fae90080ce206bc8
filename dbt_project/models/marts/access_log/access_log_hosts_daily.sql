{{ config(
    pre_hook="{{ forget('day', touched_request_days()) }}",
    indexes=[{'columns': ['day', 'host', 'country'], 'unique': true}, {'columns': ['host']}],
) }}
{% do one_snapshot() %}

select
    {{ day_of('requested_at') }} as day,
    host,
    country,
    count(*) as requests,
    coalesce(sum(size_bytes), 0)::bigint as size_bytes,
    max(load_seq) as load_seq
from {{ ref('access_log_requests') }}
{% if is_incremental() %}
where
    {{ within_touched_days('requested_at') }}
    and {{ day_of('requested_at') }} in ({{ touched_request_days() }})
{% endif %}
group by {{ day_of('requested_at') }}, host, country

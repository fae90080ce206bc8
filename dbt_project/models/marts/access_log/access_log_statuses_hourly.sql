{{ config(
    pre_hook="{{ forget('hour', touched_request_hours()) }}",
    indexes=[{'columns': ['hour', 'status'], 'unique': true}],
) }}
{% do one_snapshot() %}

select
    {{ hour_of('requested_at') }} as hour,
    status,
    count(*) as requests,
    coalesce(sum(size_bytes), 0)::bigint as size_bytes,
    max(load_seq) as load_seq
from {{ ref('access_log_requests') }}
{% if is_incremental() %}
where
    {{ within_touched_days('requested_at') }}
    and {{ hour_of('requested_at') }} in ({{ touched_request_hours() }})
{% endif %}
group by {{ hour_of('requested_at') }}, status

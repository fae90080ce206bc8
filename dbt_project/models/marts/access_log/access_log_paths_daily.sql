{{ config(
    pre_hook="{{ forget('day', touched_request_days()) }}",
    indexes=[{'columns': ['day', 'path'], 'unique': true}],
) }}
{% do one_snapshot() %}

-- Anybody can ask for any path: without a bound, a scan of the server would fill the mart.
with counted as (
    select
        {{ day_of('requested_at') }} as day,
        {{ page_of('path') }} as path,
        count(*) as requests,
        count(*) filter (where status >= 400) as errors,
        coalesce(sum(size_bytes), 0)::bigint as size_bytes,
        max(load_seq) as load_seq
    from {{ ref('access_log_requests') }}
    {% if is_incremental() %}
    where
        {{ within_touched_days('requested_at') }}
        and {{ day_of('requested_at') }} in ({{ touched_request_days() }})
    {% endif %}
    group by {{ day_of('requested_at') }}, {{ page_of('path') }}
),

ranked as (
    select
        *,
        row_number() over (partition by day order by requests desc, path collate "C" asc) as place
    from counted
)

select
    day,
    path,
    requests,
    errors,
    size_bytes,
    load_seq
from ranked
where place <= 1000

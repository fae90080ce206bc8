{{ config(
    pre_hook="{{ forget('day', touched_request_days()) }}",
    indexes=[{'columns': ['day', 'country'], 'unique': true}, {'columns': ['country']}],
) }}
{% do one_snapshot() %}

select
    day,
    country,
    sum(requests)::bigint as requests,
    count(*) as hosts,
    max(load_seq) as load_seq
from {{ ref('access_log_hosts_daily') }}
{% if is_incremental() %}
where day in ({{ touched_request_days() }})
{% endif %}
group by day, country

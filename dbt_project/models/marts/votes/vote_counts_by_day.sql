{{ config(
    pre_hook="{{ forget('day', touched_vote_days()) }}",
    indexes=[{'columns': ['day', 'candidate'], 'unique': true}],
) }}
{% do one_snapshot() %}

with touched (day) as (
    {% if is_incremental() %}
    {{ touched_vote_days() }}
    {% else %}
    select distinct (second at time zone 'UTC')::date from {{ ref('vote_counts_by_second') }}
    {% endif %}
)

select
    touched.day,
    counted.candidate,
    counted.votes,
    counted.last_vote_time
from touched
cross join lateral (
    select
        seconds.candidate,
        sum(seconds.votes)::bigint as votes,
        max(seconds.last_vote_time) as last_vote_time
    from {{ ref('vote_counts_by_second') }} as seconds
    where
        seconds.second >= touched.day::timestamp at time zone 'UTC'
        and seconds.second < (touched.day + 1)::timestamp at time zone 'UTC'
    group by seconds.candidate
) as counted

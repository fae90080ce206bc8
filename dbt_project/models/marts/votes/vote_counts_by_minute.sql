{{ config(
    pre_hook="{{ forget('minute', touched_vote_minutes()) }}",
    indexes=[{'columns': ['minute', 'candidate'], 'unique': true}],
) }}
{% do one_snapshot() %}

with touched (minute) as (
    {% if is_incremental() %}
    {{ touched_vote_minutes() }}
    {% else %}
    select distinct date_trunc('minute', second) from {{ ref('vote_counts_by_second') }}
    {% endif %}
)

select
    touched.minute,
    counted.candidate,
    counted.votes
from touched
cross join lateral (
    select
        seconds.candidate,
        sum(seconds.votes)::bigint as votes
    from {{ ref('vote_counts_by_second') }} as seconds
    where
        seconds.second >= touched.minute
        and seconds.second < touched.minute + interval '1 minute'
    group by seconds.candidate
) as counted

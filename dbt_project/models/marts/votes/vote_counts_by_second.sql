{{ config(
    pre_hook="{{ forget('second', touched_vote_seconds()) }}",
    indexes=[{'columns': ['second', 'candidate'], 'unique': true}],
) }}
{% do one_snapshot() %}

with touched (second) as (
    {% if is_incremental() %}
    {{ touched_vote_seconds() }}
    {% else %}
    select distinct date_trunc('second', vote_time) from {{ ref('votes') }}
    {% endif %}
)

-- One second at a time, by index: the cost depends only on the votes in the touched seconds.
select
    touched.second,
    counted.candidate,
    counted.votes,
    counted.last_vote_time
from touched
cross join lateral (
    select
        votes.candidate,
        count(*) as votes,
        max(votes.vote_time) as last_vote_time
    from {{ ref('votes') }} as votes
    where
        votes.vote_time >= touched.second
        and votes.vote_time < touched.second + interval '1 second'
    group by votes.candidate
) as counted

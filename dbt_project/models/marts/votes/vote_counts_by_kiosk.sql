{{ config(
    pre_hook="{{ forget('hour', touched_vote_hours()) }}",
    indexes=[
        {'columns': ['hour', 'kiosk_id', 'candidate'], 'unique': true},
        {'columns': ['kiosk_id', 'hour']},
    ],
) }}
{% do one_snapshot() %}

with touched (hour) as (
    {% if is_incremental() %}
    {{ touched_vote_hours() }}
    {% else %}
    select distinct date_trunc('hour', second, 'UTC') from {{ ref('vote_counts_by_second') }}
    {% endif %}
)

select
    touched.hour,
    counted.kiosk_id,
    counted.candidate,
    counted.votes
from touched
cross join lateral (
    select
        votes.kiosk_id,
        votes.candidate,
        count(*) as votes
    from {{ ref('votes') }} as votes
    where
        votes.vote_time >= touched.hour
        and votes.vote_time < touched.hour + interval '1 hour'
    group by votes.kiosk_id, votes.candidate
) as counted

{% macro touched_vote_seconds() %}
    {{ touched('votes', "date_trunc('second', vote_time)") }}
{% endmacro %}


{% macro touched_vote_minutes() %}
    {{ touched('votes', "date_trunc('minute', vote_time)") }}
{% endmacro %}


{% macro touched_vote_hours() %}
    {{ touched('votes', "date_trunc('hour', vote_time, 'UTC')") }}
{% endmacro %}


{% macro touched_vote_days() %}
    {{ touched('votes', "(vote_time at time zone 'UTC')::date") }}
{% endmacro %}


{# A macro, so that a unit test can set the time. #}
{% macro this_instant() %}now(){% endmacro %}


{# Whole seconds are counted already. Only in the two seconds that the ten minutes cut, at their
   start and at their end, the votes themselves are counted. #}
{% macro vote_distribution_at(instant, candidates, votes, by_second, by_day) %}
{% set since = "(" ~ instant ~ ") - interval '10 minutes'" %}
{% set first_whole = "date_trunc('second', " ~ since ~ ") + interval '1 second'" %}
{% set last_begun = "date_trunc('second', " ~ instant ~ ")" %}
with total as (
    select
        candidate,
        sum(votes)::bigint as votes,
        max(last_vote_time) as last_vote_time
    from {{ by_day }}
    group by candidate
),

last_10_minutes as (
    select candidate, sum(votes)::bigint as votes
    from (
        select candidate, votes from {{ by_second }}
        where second >= {{ first_whole }} and second < {{ last_begun }}
        union all
        select candidate, 1 as votes from {{ votes }}
        where vote_time > {{ since }} and vote_time < {{ first_whole }}
        union all
        select candidate, 1 as votes from {{ votes }}
        where vote_time >= {{ last_begun }} and vote_time <= {{ instant }}
    ) as parts
    group by candidate
)

select
    candidates.candidate,
    candidates.name,
    coalesce(total.votes, 0) as total_votes,
    coalesce(last_10_minutes.votes, 0) as last_10_minutes_votes,
    total.last_vote_time
from {{ candidates }} as candidates
left join total on candidates.candidate = total.candidate
left join last_10_minutes on candidates.candidate = last_10_minutes.candidate
{% endmacro %}

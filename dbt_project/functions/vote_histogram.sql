-- First the range and the unit, so that only the mart that suits the range is read.
with wanted as materialized (
    select
        greatest(since, min(second)) as first_time,
        least(until, max(second)) as last_time
    from {{ ref('vote_counts_by_second').include(database=false) }}
    having count(*) > 0
),

ranges as materialized (
    select
        *,
        case
            when last_time - first_time <= interval '2 hours' then 1
            when last_time - first_time <= interval '30 days' then 60
            else 86400
        end as unit
    from wanted
    where first_time <= last_time
),

bar as materialized (
    select
        *,
        date_bin(make_interval(secs => unit), first_time, 'epoch') as first_unit,
        ceil((extract(epoch from last_time - first_time) + unit) / unit / bars)::integer
        * unit as width
    from ranges
),

counts as (
    select
        seconds.second as begins_at,
        seconds.candidate,
        seconds.votes
    from bar
    inner join {{ ref('vote_counts_by_second').include(database=false) }} as seconds
        on bar.first_unit <= seconds.second and bar.last_time >= seconds.second
    where bar.unit = 1
    union all
    select
        minutes.minute as begins_at,
        minutes.candidate,
        minutes.votes
    from bar
    inner join {{ ref('vote_counts_by_minute').include(database=false) }} as minutes
        on bar.first_unit <= minutes.minute and bar.last_time >= minutes.minute
    where bar.unit = 60
    union all
    select
        days.day::timestamp at time zone 'UTC' as begins_at,
        days.candidate,
        days.votes
    from bar
    inner join {{ ref('vote_counts_by_day').include(database=false) }} as days
        on
            (bar.first_unit at time zone 'UTC')::date <= days.day
            and (bar.last_time at time zone 'UTC')::date >= days.day
    where bar.unit = 86400
),

bars_of_counts as (
    select
        bar.width as seconds,
        counts.candidate,
        counts.votes,
        date_bin(make_interval(secs => bar.width), counts.begins_at, 'epoch') as begins_at
    from counts
    cross join bar
)

select
    begins_at,
    seconds,
    candidate,
    sum(votes)::bigint as votes
from bars_of_counts
group by begins_at, seconds, candidate
order by begins_at asc, candidate asc

-- First the range and the unit, so that only the mart that suits the range is read.
with wanted as materialized (
    select
        array_agg(file_id) as file_ids,
        greatest(since, min(first_time)) as first_time,
        least(until, max(last_time)) as last_time
    from {{ ref('event_files').include(database=false) }}
    where file is null or filename = file
    having count(*) > 0
),

ranges as materialized (
    select
        *,
        case when last_time - first_time <= interval '5 days' then 60 else 3600 end as unit
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
        minutes.minute as begins_at,
        minutes.events
    from bar
    inner join {{ ref('event_counts_by_minute').include(database=false) }} as minutes
        on bar.first_unit <= minutes.minute and bar.last_time >= minutes.minute
    where bar.unit = 60 and minutes.file_id = any(bar.file_ids)
    union all
    select
        hours.hour as begins_at,
        hours.events
    from bar
    inner join {{ ref('event_counts_by_hour').include(database=false) }} as hours
        on bar.first_unit <= hours.hour and bar.last_time >= hours.hour
    where bar.unit = 3600 and hours.file_id = any(bar.file_ids)
),

bars_of_counts as (
    select
        bar.width as seconds,
        counts.events,
        date_bin(make_interval(secs => bar.width), counts.begins_at, 'epoch') as begins_at
    from counts
    cross join bar
)

select
    begins_at,
    seconds,
    sum(events)::bigint as events
from bars_of_counts
group by begins_at, seconds
order by begins_at asc

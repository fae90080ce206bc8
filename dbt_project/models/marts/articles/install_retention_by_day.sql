{{ config(
    pre_hook="{{ forget('day', touched_installs()) }}",
    indexes=[{'columns': ['day', 'days_after'], 'unique': true}],
) }}
{% do one_snapshot() %}

with installs as (
    select distinct
        day,
        user_id
    from {{ ref('clickstream') }}
    where
        action = 'FIRST_INSTALL'
        {% if is_incremental() %}
        and day in ({{ touched_installs() }})
        {% endif %}
),

cohorts as (
    select
        day,
        count(*) as installed
    from installs
    group by day
),

active as (
    select
        installs.day,
        later.day - installs.day as days_after,
        count(distinct installs.user_id) as users
    from installs
    inner join {{ ref('clickstream') }} as later
        on
            installs.user_id = later.user_id
            and later.time >= (installs.day + 1)::timestamp at time zone 'UTC'
            and later.time < (installs.day + 8)::timestamp at time zone 'UTC'
    group by installs.day, later.day - installs.day
)

select
    cohorts.day,
    following.days_after,
    cohorts.installed,
    coalesce(active.users, 0) as active
from cohorts
cross join generate_series(1, 7) as following (days_after)
left join active on cohorts.day = active.day and following.days_after = active.days_after

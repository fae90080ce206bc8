{{ config(
    pre_hook="{{ forget('day', touched_installs()) }}",
    indexes=[{'columns': ['day'], 'unique': true}],
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
)

select
    day,
    count(*) as installed,
    count(*) filter (
        where exists (
            select from {{ ref('clickstream') }} as later
            where
                later.user_id = installs.user_id
                and later.time >= (installs.day + 1)::timestamp at time zone 'UTC'
                and later.time < (installs.day + 8)::timestamp at time zone 'UTC'
        )
    ) as retained
from installs
group by day

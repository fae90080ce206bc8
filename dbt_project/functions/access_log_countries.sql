with hosts as (
    select
        host,
        country,
        count(*) as requests
    from {{ ref('access_log_requests').include(database=false) }}
    where requested_at between since and until
    group by host, country
),

-- A host has two countries if its files were loaded with different releases of the address data.
totals as (
    select
        *,
        sum(requests) over (partition by host) as requests_of_host
    from hosts
),

ranked as (
    select
        *,
        dense_rank() over (order by requests_of_host desc, host collate "C") as place
    from totals
),

considered as (
    select
        *,
        sum(requests) over (partition by country order by place) as requests_so_far,
        sum(requests) over () as requests_of_all
    from ranked
    where place <= coalesce(top, place)
),

-- A country with more than half of all requests stays the first.
certain as (
    select min(place) as place
    from considered
    where stop_early and 2 * requests_so_far > requests_of_all
)

select
    considered.country,
    sum(considered.requests)::bigint as requests,
    count(distinct considered.host) as hosts
from considered
cross join certain
where considered.place <= coalesce(certain.place, considered.place)
group by considered.country
order by requests desc, considered.country asc

select
    path,
    sum(requests)::bigint as requests,
    sum(errors)::bigint as errors
from {{ ref('access_log_paths_daily').include(database=false) }}
where
    day >= (since at time zone 'UTC')::date
    and day <= (until at time zone 'UTC')::date
group by path
order by requests desc, path collate "C" asc
limit top

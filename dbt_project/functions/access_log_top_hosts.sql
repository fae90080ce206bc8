select
    host,
    count(*) as requests
from {{ ref('access_log_requests').include(database=false) }}
where requested_at between since and until
group by host
order by requests desc, host collate "C" asc
limit top

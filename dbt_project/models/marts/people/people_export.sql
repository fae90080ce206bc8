{{ config(materialized='view') }}

select
    user_id,
    first_name,
    last_name,
    birthts,
    img_path
from {{ ref('people_matched') }}
order by
    case when user_id ~ '^[0-9]+$' then user_id::numeric end asc nulls last,
    user_id collate "C" asc

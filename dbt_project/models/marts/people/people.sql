{{ config(materialized='view') }}

select
    id,
    user_id,
    first_name,
    last_name,
    birthdate,
    birthts,
    img_path,
    extract(year from age((now() at time zone 'UTC')::date, birthdate))::integer as age
from {{ ref('people_matched') }}

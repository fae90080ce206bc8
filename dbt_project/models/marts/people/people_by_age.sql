{{ config(materialized='view') }}

select
    age,
    count(*) as people,
    count(img_path) as with_image
from {{ ref('people') }}
group by age

{{ config(materialized='view') }}

select
    steps,
    count(*) as chains
from {{ ref('step_chain_summary') }}
where complete
group by steps

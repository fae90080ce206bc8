-- Which numbers have chains that contain the value x?
-- `dbt compile --select chains_containing --vars '{x: 52}'`.
-- Uses the index on value. Leaves out the chain of x itself and incomplete chains.
select
    chains.number,
    chains.step
from {{ ref('step_chains') }} as chains
inner join {{ ref('step_chain_summary') }} as summary on chains.number = summary.number
where
    chains.value = {{ var('x', 1) | int }}
    and chains.number <> {{ var('x', 1) | int }}
    and summary.complete
order by chains.number

-- Whose chains hold the value x? `dbt compile --select whose_chains_hold --vars '{x: 52}'`.
-- Found by the index on value; not the chain of x itself, and none that is incomplete.
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

-- Chains that the API does not serve: a step is missing or does not follow from the one before.
{{ config(severity='warn') }}

select
    number,
    steps,
    peak
from {{ ref('step_chain_summary') }}
where not complete

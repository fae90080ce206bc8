-- Chains that are not served: a step is missing, or does not follow from the one before.
{{ config(severity='warn') }}

select
    number,
    steps,
    peak
from {{ ref('step_chain_summary') }}
where not complete

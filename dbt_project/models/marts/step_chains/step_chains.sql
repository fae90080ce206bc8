{{ config(
    pre_hook="{{ forget_when_retracting('step_chains', 'number, step') }}",
    indexes=[
        {'columns': ['number', 'step'], 'unique': true},
        {'columns': ['value']},
        {'columns': ['load_seq']},
    ],
) }}
{% do one_snapshot() %}

with received as (
    {{ first_received('step_chains', ref('stg_step_chains'), 'number, step') }}
)

select
    number,
    step,
    value,
    file_id,
    row,
    load_seq
from received

{{ config(
    pre_hook="{{ forget('number', touched('step_chains', 'number')) }}",
    indexes=[
        {'columns': ['number'], 'unique': true},
        {'columns': ['complete', 'steps']},
        {'columns': ['complete', 'peak']},
    ],
) }}
{% do one_snapshot() %}

with steps as (
    select
        number,
        step,
        value,
        load_seq,
        lag(step) over chain as previous_step,
        lag(value) over chain as previous_value
    from {{ ref('step_chains') }}
    {% if is_incremental() %}
    where number in ({{ touched('step_chains', 'number') }})
    {% endif %}
    window chain as (partition by number order by step)
),

judged as (
    select
        *,
        case
            when previous_step is null then step = 0 and value = number
            when previous_step <> step - 1 or previous_value = 1 then false
            when previous_value % 2 = 0 then value * 2 = previous_value
            else value = previous_value * 3 + 1
        end as follows
    from steps
)

select
    number,
    max(step) as steps,
    max(value) as peak,
    bool_and(follows) and bool_or(value = 1) as complete,
    max(load_seq) as load_seq
from judged
group by number

{{ config(
    pre_hook="{{ forget('user_id', touched_people()) }}",
    indexes=[
        {'columns': ['user_id'], 'unique': true},
        {'columns': ['id'], 'unique': true},
        {'columns': ['birthdate']},
    ],
) }}
{% do one_snapshot() %}
{% do no_nested_loops() %}

-- The ledger keeps the first file ever sealed for a user, so the id never changes.
with known as (
    select
        {{ user_of('path') }} as user_id,
        min(load_seq) as id
    from {{ source('ingest', 'file') }}
    where dataset = 'people' and load_seq is not null
    group by {{ user_of('path') }}
),

newest as (
    select distinct on (user_id) *
    from {{ ref('stg_people') }}
    order by user_id asc, position desc, row desc
),

-- By name only, so that the same folder always gives the same rows.
images as (
    select distinct on (user_id)
        user_id,
        path
    from {{ ref('stg_people_images') }}
    order by user_id asc, path ilike '%.png' desc, path collate "C" asc
)

select
    known.id,
    newest.user_id,
    newest.first_name,
    newest.last_name,
    images.path as img_path,
    newest.file_id,
    newest.row,
    newest.load_seq,
    (newest.birthts at time zone 'UTC')::date as birthdate,
    (extract(epoch from newest.birthts) * 1000)::bigint as birthts
from newest
inner join known on newest.user_id = known.user_id
left join images on newest.user_id = images.user_id
{% if is_incremental() %}
where newest.user_id in ({{ touched_people() }})
{% endif %}

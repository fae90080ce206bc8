{{ config(
    pre_hook="{{ forget('id', touched('articles', 'id')) }}",
    indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['load_seq']}],
) }}
{% do one_snapshot() %}

select distinct on (id)
    id,
    title,
    created_by,
    {{ last_given('updated_by', 'articles', 'id') }},
    file_id,
    row,
    load_seq
from {{ ref('stg_articles') }}
{% if is_incremental() %}
where id in ({{ touched('articles', 'id') }})
{% endif %}
order by id asc, position desc, row desc

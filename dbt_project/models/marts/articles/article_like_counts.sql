{{ config(
    pre_hook="{{ forget('day, article_id', touched_likes()) }}",
    indexes=[
        {'columns': ['day', 'article_id'], 'unique': true},
        {'columns': ['article_id', 'day']},
    ],
) }}
{% do one_snapshot() %}

select
    day,
    object_id as article_id,
    count(*) as likes
from {{ ref('clickstream') }}
where
    action = 'LIKE_ARTICLE'
    {% if is_incremental() %}
    and (day, object_id) in ({{ touched_likes() }})
    {% endif %}
group by day, object_id

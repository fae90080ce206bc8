{{ config(materialized='view') }}

select
    counts.day,
    counts.article_id,
    articles.title,
    counts.likes
from {{ ref('article_like_counts') }} as counts
left join {{ ref('articles') }} as articles on counts.article_id = articles.id

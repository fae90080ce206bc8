{% set products = ref('products').include(database=false) %}
{% set text = "(name || ' ' || sku)" %}
{% set columns = 'sku, name, description, file_id, row, received_at' %}
-- Common words are soon found on a walk along the sku, rare ones by the index of words. Which is
-- cheaper, and for which of the words, is estimated from the next 500 products. The costs are those
-- of a match in the index (1), of a row on the walk (20), and of a row by the index (30).
with words as materialized (
    select distinct word
    from unnest({{ word_list('left(search, 200)') }}) as found (word)
),

sample as materialized (
    select ' ' || {{ plain_text(text) }} as beginnings
    from (
        select
            name,
            sku
        from {{ products }}
        where sku > after
        order by sku asc limit 500
    ) as next_products
),

shares as materialized (
    select
        words.word,
        greatest(count(sample.beginnings), 0.5) / 500 as share
    from words
    left join sample on sample.beginnings like '% ' || words.word || '%'
    group by words.word
),

ranked as materialized (
    select
        word,
        row_number() over rarest as place,
        sum(share) over rarest as matches,
        exp(sum(ln(share)) over rarest) as common_matches
    from shares
    window rarest as (order by share asc, length(word) desc, word asc rows unbounded preceding)
),

by_index as materialized (
    select
        ranked.place as words,
        classes.reltuples * (ranked.matches + 30 * ranked.common_matches) as cost
    from ranked
    inner join pg_class as classes on classes.oid = '{{ products }}'::regclass
    order by cost asc limit 1
),

chosen as materialized (
    select
        coalesce(array_agg('%' || ranked.word || '%'), '{}') as parts,
        coalesce(array_agg('% ' || ranked.word || '%'), '{}') as beginnings,
        string_agg('''' || ranked.word || ''':*', ' & ') filter (
            where ranked.place <= by_index.words
        )::tsquery as query,
        coalesce(min(ranked.common_matches), 1) as matches,
        coalesce(min(by_index.cost), 'infinity') as cost
    from ranked
    cross join by_index
),

way as materialized (
    select
        parts,
        beginnings,
        query,
        case
            when parts = '{}' and btrim(search) <> '' then 0  -- only punctuation: in no product
            when (select count(*) < 500 from sample) then 500
            when 20 * top / matches < cost then 4 * top / matches + 500
            else 0
        end::bigint as walk
    from chosen
),

walked as materialized (
    select * from (
        select {{ columns }} from {{ products }}
        where sku > after
        order by sku asc limit (select way.walk from way)
    ) as next_products
    where
        lower({{ text }}) like all((select way.parts from way)::text[])  -- is quick, but not enough
        and ' ' || {{ plain_text(text) }} like all((select way.beginnings from way)::text[])
    order by sku asc limit top
),

-- Also enough if there are no more products.
walk as materialized (
    select
        case
            when count(*) >= top then true
            else (
                select count(*) < (select way.walk from way)
                from (
                    select sku from {{ products }}
                    where sku > after
                    order by sku asc limit (select way.walk from way)
                ) as next_products
            )
        end as is_enough
    from walked
),

-- Not sorted here, or Postgres might walk along the sku after all.
found as materialized (
    select {{ columns }} from {{ products }}
    where
        not (select walk.is_enough from walk)
        and {{ product_words() }} @@ (select way.query from way)
        and lower({{ text }}) like all((select way.parts from way)::text[])
        and ' ' || {{ plain_text(text) }} like all((select way.beginnings from way)::text[])
)

select * from walked
where (select walk.is_enough from walk)
union all
(
    select * from found
    where sku > after
    order by sku asc limit top
)
order by sku asc

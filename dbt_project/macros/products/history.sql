{# What `product_history` reads. A full refresh first looks for the few sku that can have history, in
   all of staging: those with more than one row, and those with a row that deletes them. #}


{# The hashes of those sku. A table: with a subquery Postgres would not join in parallel. #}
{% macro skus_with_history() %}{{ ref('stg_products').schema }}.product_skus_with_history{% endmacro %}


{% macro create_skus_with_history() %}
    {% if not is_incremental() %}
        create unlogged table {{ skus_with_history() }} as
        select hashtextextended(sku, 0) as hash from {{ source('staging', 'products') }}
        group by hash having count(*) > 1
        union all
        select hashtextextended(sku, 0) from {{ ref('stg_products') }}
        where deleted and file_id in (
            select file_id from {{ ref('stg_product_files') }} where may_delete
        )
    {% endif %}
{% endmacro %}


{% macro drop_skus_with_history() %}
    {% if not is_incremental() %}drop table {{ skus_with_history() }}{% endif %}
{% endmacro %}


{# In an increment of newer rows, what they replace is current now: in `products`, or the last row in
   `history` of a deleted product. #}
{% macro history_candidates(all_rows, changes, products, history) %}
    {% set columns = 'sku, name, description, deleted, file_id, row, position' %}
    {% set received, complete = columns, columns %}
    {% if lack_description() %}
        {% set received = columns ~ ', ' ~ is_given('description') ~ ' as is_given' %}
        {% set complete = columns ~ ', true as is_given' %}
    {% endif %}
    {% if is_incremental() and only_newer_products() %}
        {% set stands %}
            inner join {{ ref('stg_product_files') }} as files using (file_id, load_seq)
            where
                sku in (select sku from {{ changes }}) and file_id not in {{ product_files('true') }}
        {% endset %}
        select {{ received }} from {{ changes }}
        union all
        select {{ complete.replace('deleted', 'false') }} from {{ products }} {{ stands }}
        {% if sql_list('select file_id from ' ~ ref('stg_product_files') ~ ' where may_delete') != '(-1)' %}
            union all
            select {{ complete }} from {{ history }} {{ stands }}
                and deleted and replaced_by_file_id is null
        {% endif %}
        {% if lack_description() %}
            -- What an interrupted build has replaced already.
            union all
            select {{ complete }} from {{ history }} {{ stands }}
                and not deleted and replaced_by_file_id in {{ product_files('true') }}
        {% endif %}
    {% elif is_incremental() %}
        select {{ received }} from {{ all_rows }} where sku in ({{ touched_products() }})
    {% else %}
        select {{ received }} from {{ all_rows }}
        where hashtextextended(sku, 0) in (select hash from {{ skus_with_history() }})
    {% endif %}
{% endmacro %}

{# How the marts of products follow the files.

   `product_history` settles which rows no longer stand, for a later row of the same sku replaced
   them or they delete it; `products` are the rest of what was received, `product_aggregates` counts
   both. All three see the ledger as `stg_product_files` has it, which a build writes first. An
   increment looks at touched products only: those that a file to be built has a row of, to come or
   to go. #}


{# The `file_id` of files to be built, as `(1, 2)`, of which `that` holds. #}
{% macro product_files(that) %}
    {% do return(sql_list(
        "select file_id from " ~ ref('stg_product_files') ~ " where is_unbuilt and " ~ that
    )) %}
{% endmacro %}


{# Whether all rows to come are newer than those the marts have, and none go. Else, which is rare,
   staging is searched for what stood before and behind them. #}
{% macro only_newer_products() %}
    {% do return(product_files("(state = 'superseded' or position <> load_seq)") == '(-1)') %}
{% endmacro %}


{# The sku of which a file to be built has a row, to come or to go. #}
{% macro touched_products() %}
    select sku from {{ source('staging', 'products') }}
    where _file_id in {{ product_files('true') }}
{% endmacro %}


{# Pre-hook: touched products are written anew. #}
{% macro forget_touched_products() %}
    {% if is_incremental() and not only_newer_products() %}
        delete from {{ this }} where sku in ({{ touched_products() }})
    {% endif %}
{% endmacro %}


{# Pre-hook: products whose newest row deletes them, which `history` knows already. #}
{% macro forget_deleted_products(history) %}
    {% set deleting = product_files("state = 'sealed' and may_delete") %}
    {% if is_incremental() and deleting != '(-1)' %}
        delete from {{ this }} where sku in (
            select sku from {{ history }}
            where deleted and replaced_by_file_id is null and file_id in {{ deleting }}
        )
    {% endif %}
{% endmacro %}


{# What no longer stands is among these rows, of `rows`, the staging model, and for an increment of
   newer rows of what stands now. A list of queries, none of which shares a sku with another: where
   all of staging is looked at, two, so that both processors have one. #}
{% macro rows_in_question(rows, products, history) %}
    {% set columns = 'sku, name, description, deleted, file_id, row, position' %}
    {% if is_incremental() and only_newer_products() %}
        {% set incoming = product_files("state = 'sealed'") %}
        {% set skus = 'select sku from ' ~ rows ~ ' where file_id in ' ~ incoming %}
        {% set stands %}
            inner join {{ ref('stg_product_files') }} as files using (file_id, load_seq)
            where sku in ({{ skus }}) and file_id not in {{ incoming }}
        {% endset %}
        {% set newer %}
            select {{ columns }} from {{ rows }} where file_id in {{ incoming }}
            union all
            select {{ columns.replace('deleted', 'false') }} from {{ products }} {{ stands }}
            union all
            select {{ columns }} from {{ history }} {{ stands }}
                and deleted and replaced_by_file_id is null
        {% endset %}
        {% do return([newer]) %}
    {% elif is_incremental() %}
        {% set touched %}
            select {{ columns }} from {{ rows }} where sku in ({{ touched_products() }})
        {% endset %}
        {% do return([touched]) %}
    {% endif %}
    {% set halves = [] %}
    {% for half in (0, 1) %}
        {% set suspects %}
            select hash from (
                select hashtextextended(sku, 0) as hash from {{ source('staging', 'products') }}
            ) as hashed
            where hash & 1 = {{ half }} group by hash having count(*) > 1
            union all
            select hashtextextended(sku, 0) as hash from {{ rows }}
            where
                file_id in (select file_id from {{ ref('stg_product_files') }} where may_delete)
                and deleted and hashtextextended(sku, 0) & 1 = {{ half }}
        {% endset %}
        {% do halves.append(
            'select ' ~ columns ~ ' from ' ~ rows
            ~ ' where hashtextextended(sku, 0) in (' ~ suspects ~ ')'
        ) %}
    {% endfor %}
    {% do return(halves) %}
{% endmacro %}


{# Sorts that stay in the processor's cache are the fastest, also to group by; only the hash tables
   of joins may be larger. A model that runs beside another takes no `workers`: the second processor
   is the other's. A commit need not wait for the disk: the ledger's, which follows, waits for all. #}
{% macro small_sorts(workers) %}
    {% do run_query("
        set local work_mem = '16MB';
        set local hash_mem_multiplier = 8;
        set local enable_hashagg = off;
        set local enable_mergejoin = off;
        set local maintenance_work_mem = '64MB';
        set local random_page_cost = 1.1;
        set local parallel_tuple_cost = 0.01;
        set local synchronous_commit = off;
        set local max_parallel_workers_per_gather = " ~ workers
    ) if execute %}
{% endmacro %}


{# No row is lost or doubled: of each unbuilt file as many are products or history as the ledger
   says. Looks at files of a hundred thousand rows at most. #}
{% test every_row_is_kept(model, history) %}
    {% set small = sql_list("
        select file_id from ingest.file
        where dataset = 'products' and built_at is null and state = 'sealed' and rows_good <= 100000
    ") %}
    select
        files.path,
        files.rows_good,
        count(standing.sku) + count(replaced.sku) as rows_kept
    from {{ source('ingest', 'file') }} as files
    inner join {{ ref('stg_products') }} as received on files.file_id = received.file_id
    left join {{ ref('products') }} as standing
        on received.sku = standing.sku
            and received.file_id = standing.file_id and received.row = standing.row
    left join {{ history }} as replaced
        on received.sku = replaced.sku
            and received.file_id = replaced.file_id and received.row = replaced.row
    where received.file_id in {{ small }}
    group by files.file_id
    having files.rows_good <> count(standing.sku) + count(replaced.sku)
{% endtest %}

{# How the marts of products follow the files.

   `product_history` settles which rows no longer stand, for a later row of the same sku replaced
   them or they delete it; `products` are the rest of what was received, `product_name_counts` counts
   both. All see the ledger as `stg_product_files` has it, which a build writes first. An
   increment looks at touched products only: those that a file to be built has a row of, to come or
   to go. #}


{# The `file_id` of files, but for `all` those to be built, as `(1, 2)`, of which `that` holds. #}
{% macro product_files(that, all=false) %}
    {% do return(sql_list(
        "select file_id from " ~ ref('stg_product_files')
        ~ " where " ~ ('' if all else 'is_unbuilt and ') ~ that
    )) %}
{% endmacro %}


{# Whether all rows to come are newer than those the marts have, and none go. Else, which is rare,
   staging is searched for what stood before and behind them. #}
{% macro only_newer_products() %}
    {% do return(product_files("(state = 'superseded' or position <> load_seq)") == '(-1)') %}
{% endmacro %}


{# Of a table that is small and made anew by each build, as `is_incremental` is of the others. #}
{% macro is_an_increment() %}
    {% do return(execute and not should_full_refresh() and load_relation(this) is not none) %}
{% endmacro %}


{# Whether rows that a model looks at lack the description, which then is that of the row before. #}
{% macro lack_description() %}
    {% if not execute or load_relation(ref('stg_product_files')) is none %}{% do return(false) %}{% endif %}
    {% set just_new = is_incremental() and only_newer_products() %}
    {% set lacks = "state = 'sealed' and not " ~ is_given('description') %}
    {% do return(product_files(lacks, all=not just_new) != '(-1)') %}
{% endmacro %}


{# The description of a row of `received`: if the row lacks it, that of the row which it replaces. #}
{% macro complete_description(history) %}
    {% if lack_description() %}
        case
            when {{ is_given('description') }} then description
            else coalesce((
                select before.description from {{ history }} as before
                where
                    before.sku = received.sku
                    and before.replaced_by_file_id = received.file_id
                    and before.replaced_by_row = received.row
                    and not before.deleted
            ), description)
        end as description
    {% else %}description{% endif %}
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


{# Pre-hook: a product that some new row deletes is gone, unless a later one brings it back. #}
{% macro forget_deleted_products() %}
    {% if is_incremental() %}
        delete from {{ this }} where sku in (
            select sku from {{ ref('stg_product_changes') }} where deleted
        )
    {% endif %}
{% endmacro %}


{# The hashes of those sku of which all of staging has more than one row, or one that deletes it: a
   table that `product_history` makes and drops when it is written anew. A table, for a subquery
   would keep the second processor out of the join with it. #}
{% macro suspects() %}{{ ref('stg_products').schema }}.product_suspects{% endmacro %}


{% macro list_suspects() %}
    {% if not is_incremental() %}
        create unlogged table {{ suspects() }} as
        select hashtextextended(sku, 0) as hash from {{ source('staging', 'products') }}
        group by hash having count(*) > 1
        union all
        select hashtextextended(sku, 0) from {{ ref('stg_products') }}
        where deleted and file_id in (
            select file_id from {{ ref('stg_product_files') }} where may_delete
        )
    {% endif %}
{% endmacro %}


{% macro drop_suspects() %}
    {% if not is_incremental() %}drop table {{ suspects() }}{% endif %}
{% endmacro %}


{# Rows received, among which are all that no longer stand. An increment of newer rows knows that
   what they replace stands now. #}
{% macro rows_in_question(all_rows, changes, products, history) %}
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
            -- What a build that broke off has replaced already.
            union all
            select {{ complete }} from {{ history }} {{ stands }}
                and not deleted and replaced_by_file_id in {{ product_files('true') }}
        {% endif %}
    {% elif is_incremental() %}
        select {{ received }} from {{ all_rows }} where sku in ({{ touched_products() }})
    {% else %}
        select {{ received }} from {{ all_rows }}
        where hashtextextended(sku, 0) in (select hash from {{ suspects() }})
    {% endif %}
{% endmacro %}


{# Sorts that stay in the processor's cache are the fastest, also to group by; only the hash tables
   of joins may be larger. A model that runs beside another takes no `workers`: the second processor
   is the other's. Statistics may be rough until autovacuum's follow in a minute. A commit need not
   wait for the disk: the ledger's, which follows, waits for all. #}
{% macro small_sorts(workers) %}
    {% do run_query("
        set local work_mem = '16MB';
        set local hash_mem_multiplier = 8;
        set local enable_hashagg = off;
        set local enable_mergejoin = off;
        set local maintenance_work_mem = '64MB';
        set local random_page_cost = 1.1;
        set local parallel_tuple_cost = 0.01;
        set local default_statistics_target = 10;
        set local synchronous_commit = off;
        set local max_parallel_workers_per_gather = " ~ workers
    ) if execute %}
{% endmacro %}


{# No row is lost or doubled: of each unbuilt file as many are products or history as the ledger
   says. Looks at files of a hundred thousand rows at most. #}
{% test every_row_is_kept(model, history) %}
    select
        files.path,
        files.rows_good,
        count(standing.sku) + count(replaced.sku) as rows_kept
    from {{ ref('stg_product_files') }} as files
    left join {{ ref('stg_product_changes') }} as received on files.file_id = received.file_id
    left join {{ ref('products') }} as standing
        on received.sku = standing.sku
            and received.file_id = standing.file_id and received.row = standing.row
    left join {{ history }} as replaced
        on received.sku = replaced.sku
            and received.file_id = replaced.file_id and received.row = replaced.row
    where files.is_unbuilt and files.state = 'sealed' and files.rows_good <= 100000
    group by files.path, files.file_id, files.rows_good
    having files.rows_good <> count(standing.sku) + count(replaced.sku)
{% endtest %}

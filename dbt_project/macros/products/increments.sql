{# How the marts of products follow the files.

   `product_history` decides which rows are no longer current: a later row of their sku replaced
   them, or they delete their product. `products` are all other rows received. `product_name_counts`
   counts both. All three see the ledger as `stg_product_files` has it, which each build writes
   first. An increment reads only products with a row in an unbuilt file, to be added or removed. #}


{% macro product_files(that, all=false) %}
    {% do return(sql_list(
        "select file_id from " ~ ref('stg_product_files')
        ~ " where " ~ ('' if all else 'is_unbuilt and ') ~ that
    )) %}
{% endmacro %}


{# Otherwise, which is rare, staging is searched for the rows before and after those that change. #}
{% macro only_newer_products() %}
    {% do return(product_files("(not is_sealed or position <> load_seq)") == '(-1)') %}
{% endmacro %}


{% macro is_an_increment() %}
    {% do return(execute and not should_full_refresh() and load_relation(this) is not none) %}
{% endmacro %}


{% macro touched_products() %}
    select sku from {{ source('staging', 'products') }}
    where _file_id in {{ product_files('true') }}
{% endmacro %}


{% macro forget_touched_products() %}
    {% if is_incremental() and not only_newer_products() %}
        delete from {{ this }} where sku in ({{ touched_products() }})
    {% endif %}
{% endmacro %}


{# If a later row adds the product again, the model itself does so. #}
{% macro forget_deleted_products() %}
    {% if is_incremental() %}
        delete from {{ this }} where sku in (
            select sku from {{ ref('stg_product_changes') }} where deleted
        )
    {% endif %}
{% endmacro %}

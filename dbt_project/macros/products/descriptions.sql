{# A file may lack the column `description`. Then each of its rows has the description of the row that
   it replaces. #}


{% macro lack_description() %}
    {% if not execute or load_relation(ref('stg_product_files')) is none %}{% do return(false) %}{% endif %}
    {% set just_new = is_incremental() and only_newer_products() %}
    {% set lacks = "is_sealed and not " ~ is_given('description') %}
    {% do return(product_files(lacks, all=not just_new) != '(-1)') %}
{% endmacro %}


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

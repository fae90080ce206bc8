{% test whole_files(model, rows) %}
    {% set unbuilt = sql_list("
        select load_seq from ingest.mart_file
        where is_unbuilt and is_sealed and rows_good <= 100000
    ") %}
    select
        files.path,
        files.rows_good,
        counted.rows_built
    from ingest.mart_file as files
    inner join (
        select load_seq, count(*) as rows_built
        from {{ rows }} where load_seq in {{ unbuilt }} group by load_seq
    ) as counted on files.load_seq = counted.load_seq
    where files.rows_good <> counted.rows_built
{% endtest %}


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
    where files.is_unbuilt and files.is_sealed and files.rows_good <= 100000
    group by files.path, files.file_id, files.rows_good
    having files.rows_good <> count(standing.sku) + count(replaced.sku)
{% endtest %}

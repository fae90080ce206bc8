{# How an incremental mart follows the ledger.

   A file is unbuilt while `ingest.file.built_at` is null: sealed, its rows are to come; superseded,
   its rows are to go. A model first forgets the rows of every unbuilt file and then takes in those
   of the sealed ones, so a build that is repeated, whole or in part, changes nothing. #}


{# Call first: from here to the commit the model sees the ledger as it is now. A file that is
   superseded meanwhile would else lose its rows before those that replace it have come. #}
{% macro one_snapshot() %}
    {% if execute %}
        {% do run_query("
            set transaction isolation level repeatable read;
            set local work_mem = '128MB';
            set local maintenance_work_mem = '256MB';
            set local random_page_cost = 1.1
        ") %}
    {% endif %}
{% endmacro %}


{# The unbuilt files of a dataset in one of `states`, as `(1, 2)`: their `file_id` or `load_seq`. #}
{% macro unbuilt(column, dataset, states) %}
    {% do return(sql_list("
        select " ~ column ~ " from ingest.file
        where dataset = '" ~ dataset ~ "' and built_at is null and load_seq is not null
            and state in ('" ~ states | join("', '") ~ "')
    ")) %}
{% endmacro %}


{# What a query finds in its first column, written out as `(1, 2)`, or `(-1)` for nothing. Literals
   and not a subquery: the planner then knows that few rows match. #}
{% macro sql_list(query) %}
    {% set found = run_query(query).columns[0].values() if execute else [] %}
    {% do return('(' ~ (found | join(', ') or '-1') ~ ')') %}
{% endmacro %}


{# Pre-hook of a mart of rows: delete those of unbuilt files. #}
{% macro forget_unbuilt(dataset) %}
    {% if is_incremental() %}
        delete from {{ this }}
        where load_seq in {{ unbuilt('load_seq', dataset, ['sealed', 'superseded']) }}
    {% endif %}
{% endmacro %}


{# Whether rows already built are to go: then counts cannot just be added to. #}
{% macro retracts(dataset) %}
    {% do return(unbuilt('load_seq', dataset, ['superseded']) != '(-1)') %}
{% endmacro %}


{# Pre-hook of a mart of counts: when rows are retracted, count anew. #}
{% macro forget_all_when_retracting(dataset) %}
    {% if is_incremental() and retracts(dataset) %}delete from {{ this }}{% endif %}
{% endmacro %}

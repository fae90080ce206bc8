{# How an incremental mart follows the ledger.

   A file is unbuilt while `ingest.file.built_at` is null. The rows of an unbuilt sealed file are to
   be added, those of an unbuilt superseded file to be deleted. A model first deletes the rows of all
   unbuilt files and then adds those of the sealed ones. So a build that is repeated, in whole or in
   part, changes nothing. #}


{% macro unbuilt(column, dataset, states) %}
    {% do return(sql_list("
        select " ~ column ~ " from ingest.file
        where dataset = '" ~ dataset ~ "' and built_at is null and load_seq is not null
            and state in ('" ~ states | join("', '") ~ "')
    ")) %}
{% endmacro %}


{# Literals and not a subquery: they tell the planner that few rows match. #}
{% macro sql_list(query) %}
    {% set found = run_query(query).columns[0].values() if execute else [] %}
    {% do return('(' ~ (found | join(', ') or '-1') ~ ')') %}
{% endmacro %}


{% macro forget_unbuilt(dataset) %}
    {% if is_incremental() %}
        delete from {{ this }}
        where load_seq in {{ unbuilt('load_seq', dataset, ['sealed', 'superseded']) }}
    {% endif %}
{% endmacro %}


{% macro retracts(dataset) %}
    {% do return(unbuilt('load_seq', dataset, ['superseded']) != '(-1)') %}
{% endmacro %}

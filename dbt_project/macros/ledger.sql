{# How an incremental mart follows the ledger.

   The view `ingest.mart_file` lists the files that marts follow. The rows of an unbuilt sealed file
   are to be added, those of an unbuilt superseded file to be deleted. A model first deletes the rows
   of all unbuilt files and then adds those of the sealed ones. So a build that is repeated, in whole
   or in part, changes nothing. #}


{% macro unbuilt(column, dataset, states=none, that='true') %}
    {% set in_states = " and state in ('" ~ states | join("', '") ~ "')" if states else '' %}
    {% do return(sql_list(
        "select " ~ column ~ " from ingest.mart_file where dataset = '" ~ dataset
        ~ "' and is_unbuilt and " ~ that ~ in_states
    )) %}
{% endmacro %}


{# Literals and not a subquery: they tell the planner that few rows match. #}
{% macro sql_list(query) %}
    {% set found = run_query(query).columns[0].values() if execute else [] %}
    {% do return('(' ~ (found | join(', ') or '-1') ~ ')') %}
{% endmacro %}


{% macro forget_unbuilt(dataset, column='load_seq') %}
    {% if is_incremental() %}
        delete from {{ this }}
        where {{ column }} in {{ unbuilt(column, dataset) }}
    {% endif %}
{% endmacro %}


{% macro retracts(dataset) %}
    {% do return(unbuilt('load_seq', dataset, that='not is_sealed') != '(-1)') %}
{% endmacro %}

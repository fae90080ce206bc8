{# Postgres settings for the transaction of one model. Call them first in the model. #}


{# A model of several statements must see one state of the ledger. Otherwise a file that is superseded
   meanwhile could lose its rows before the rows that replace it are added. #}
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


{# For large sets of products, as measured: small sorts stay in the processor's cache, and only hash
   tables of joins may be larger. Rough statistics are enough until autovacuum collects better ones.
   The commit need not wait for the disk: the commit of the ledger comes later and does. #}
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


{# After a burst of files the planner's statistics are old: it expects few rows, and a nested loop
   over many takes very long. #}
{% macro no_nested_loops() %}
    {% if execute %}{% do run_query("set local enable_nestloop = off") %}{% endif %}
{% endmacro %}

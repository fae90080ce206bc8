{# How old a dataset is: when its newest file became visible, as the ledger has it. Staging rows have
   no time of their own, and a scan of them would cost what their number is. A dataset of which no
   file came yet is as old as time: it warns. #}
{% macro postgres__collect_freshness(source, loaded_at_field, filter) %}
    {% call statement('collect_freshness', fetch_result=True, auto_begin=False) %}
        select
            coalesce(max({{ loaded_at_field }}), timestamptz 'epoch') as max_loaded_at,
            {{ current_timestamp() }} as snapshotted_at
        from ingest.file
        where dataset = '{{ source.identifier }}' and load_seq is not null
    {% endcall %}
    {{ return(load_result('collect_freshness')) }}
{% endmacro %}

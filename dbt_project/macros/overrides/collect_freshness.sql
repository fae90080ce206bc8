{# Why: dbt's default reads a time column of the source. Staging rows have none, and to scan them
   would cost more with every load. The ledger knows when the newest file of a dataset was sealed.
   A dataset without files counts as last loaded at the epoch, so that it warns. #}
{% macro postgres__collect_freshness(source, loaded_at_field, filter) %}
    {% call statement('collect_freshness', fetch_result=True, auto_begin=False) %}
        select
            coalesce(max({{ loaded_at_field }}), timestamptz 'epoch') as max_loaded_at,
            {{ current_timestamp() }} as snapshotted_at
        from ingest.mart_file
        where dataset = '{{ source.identifier }}'
    {% endcall %}
    {{ return(load_result('collect_freshness')) }}
{% endmacro %}

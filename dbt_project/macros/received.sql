{# Marts of a dataset that may receive a record more than once: one row of each key is current. A key
   is one column or several with commas between, `user_id, time`. #}


{% macro touched(dataset, key) %}
    select distinct {{ key }} from {{ source('staging', dataset) }}
    where _file_id in {{ unbuilt('file_id', dataset) }}
{% endmacro %}


{% macro forget(key, touched_keys) %}
    {% if is_incremental() %}
        delete from {{ this }} where ({{ key }}) in ({{ touched_keys }})
    {% endif %}
{% endmacro %}


{# Without a superseded file nothing has to be deleted: the first row received stays. #}
{% macro forget_when_retracting(dataset, key) %}
    {% if retracts(dataset) %}{{ forget(key, touched(dataset, key)) }}{% endif %}
{% endmacro %}


{# The rows of an increment come after all rows of the mart, so that its cost depends on the new rows
   alone. Only when a file is superseded, staging is searched for the rows that came second. #}
{% macro first_received(dataset, rows, key) %}
    select distinct on ({{ key }}) received.*
    from {{ rows }} as received
    {% if is_incremental() %}
    left join {{ this }} as known using ({{ key }})
    where
        known.load_seq is null
        {% if retracts(dataset) %}
        and ({{ key }}) in ({{ touched(dataset, key) }})
        {% else %}
        and received.file_id in {{ unbuilt('file_id', dataset, that='is_sealed') }}
        {% endif %}
    {% endif %}
    order by {{ key }}, received.position, received.row
{% endmacro %}

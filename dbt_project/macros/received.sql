{# Marts of a dataset whose records may come again: of the rows of a key one stands. A key is
   written as SQL lists it: `user_id, time`. #}


{# The keys that unbuilt files have in staging, of rows to come or to go: what a build may change. #}
{% macro touched(dataset, key) %}
    select distinct {{ key }} from {{ source('staging', dataset) }}
    where _file_id in {{ unbuilt('file_id', dataset, ['sealed', 'superseded']) }}
{% endmacro %}


{# Pre-hook of a mart that computes anew the keys that a build may change. #}
{% macro forget(key, touched_keys) %}
    {% if is_incremental() %}
        delete from {{ this }} where ({{ key }}) in ({{ touched_keys }})
    {% endif %}
{% endmacro %}


{# Pre-hook of a mart of `first_received` rows: they make way for others only when rows go. #}
{% macro forget_when_retracting(dataset, key) %}
    {% if retracts(dataset) %}{{ forget(key, touched(dataset, key)) }}{% endif %}
{% endmacro %}


{# Of `rows`, the staging model of `dataset`, the first received of each key, in the order of the
   files (a replay has the place of what it replays) and of the rows in them.

   An increment costs what it takes in, for its rows come after all that the mart has. Only when
   rows are retracted is staging searched for those that stood behind them. #}
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
        and received.file_id in {{ unbuilt('file_id', dataset, ['sealed']) }}
        {% endif %}
    {% endif %}
    order by {{ key }}, received.position, received.row
{% endmacro %}


{# Whether a row has a value of `column`, be it empty; else its file, or its object, lacks it. #}
{% macro is_given(column) %}
    coalesce('{{ column }}' <> all(string_to_array(absent, ',')), true)
{% endmacro %}


{# `column` of a mart with a row for each `key`, the one that comes last: of rows that lack the
   column the last value given counts. Costs nothing while no row of the dataset lacks it. #}
{% macro last_given(column, dataset, key) %}
    {% if lacking(dataset, column) %}
        first_value({{ column }}) over (
            partition by {{ key }} order by {{ is_given(column) }} desc, position desc, row desc
        ) as {{ column }}
    {% else %}{{ column }}{% endif %}
{% endmacro %}


{# Whether rows of some sealed file of `dataset` lack `column`. #}
{% macro lacking(dataset, column) %}
    {% set query %}
        select exists (
            select from ingest.file
            where dataset = '{{ dataset }}' and state = 'sealed' and '{{ column }}' = any(absent)
        )
    {% endset %}
    {% do return(execute and run_query(query).rows[0][0]) %}
{% endmacro %}

{# Why: for a model with a contract, dbt's default creates the table with its constraints and then
   inserts, which runs on one processor. CREATE TABLE AS runs on several; the constraints are added
   by `postgres__create_indexes`, before anybody sees the table.
   With `fillfactor` in a model's `meta` the pages keep free space: an update that finds room in the
   page of its row touches no index. #}
{% macro postgres__create_table_as(temporary, relation, sql) %}
    {{ config.get('sql_header', none) or '' }}
    {% if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(sql) }}
        {% if not temporary %}{% set sql = get_select_subquery(sql) %}{% endif %}
    {% endif %}
    {% set fillfactor = none if temporary else config.get('meta', {}).get('fillfactor') %}
    create {{ 'temporary' if temporary }} table {{ relation }}
    {{ 'with (fillfactor = ' ~ fillfactor ~ ')' if fillfactor }} as ({{ sql }});
{% endmacro %}

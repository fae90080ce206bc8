{# Why: dbt's default truncates, which blocks readers until the commit. After a DELETE they read the
   rows of before meanwhile. A seed is small, and loaded with each build of what reads it. #}
{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {% set empty = "delete from " ~ old_relation.render() %}
    {% call statement('empty') %}{{ empty }}{% endcall %}
    {% do return(empty) %}
{% endmacro %}

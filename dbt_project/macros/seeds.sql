{# A seed is loaded with each build of what reads it. Deleted and not truncated: who reads while it
   is loaded finds what was there before, and waits for nobody. #}
{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {% set empty = "delete from " ~ old_relation.render() %}
    {% call statement('empty') %}{{ empty }}{% endcall %}
    {% do return(empty) %}
{% endmacro %}

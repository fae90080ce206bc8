{# Why: dbt's default replaces a view in every build, and has to wait for each query that reads it.
   This one replaces it only when Postgres' own text of the definition differs. #}
{% materialization view, adapter='postgres' %}
    {% set target = this.incorporate(type='view') %}
    {% set new = make_intermediate_relation(target) %}
    {% set old = relation_in_catalog(this) %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}{{ get_create_view_as_sql(new, sql) }}{% endcall %}

    {% if old and same_view(old, new) %}
        {% do run_query('drop view ' ~ new) %}
        {% do persist_docs(target, model) %}
    {% else %}
        {% do persist_docs(new, model) %}
        {% do rename_relation(new, target) %}
        {% do apply_grants(target, config.get('grants'), should_revoke=false) %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {% do return({'relations': [target]}) %}
{% endmaterialization %}


{# Asks the catalog, not dbt's cache: that takes a view as dropped once the table below is replaced. #}
{% macro relation_in_catalog(relation) %}
    {% set kinds = run_query(
        "select relkind::text from pg_class where oid = to_regclass('" ~ relation ~ "')"
    ).columns[0].values() %}
    {% if not kinds %}{% do return(none) %}{% endif %}
    {% do return(relation.incorporate(type='view' if kinds[0] == 'v' else 'table')) %}
{% endmacro %}


{% macro same_view(old, new) %}
    {% if not old.is_view %}{% do return(false) %}{% endif %}
    {% do return(run_query(
        "select pg_get_viewdef('" ~ old ~ "'::regclass) = pg_get_viewdef('" ~ new ~ "'::regclass)"
    ).rows[0][0]) %}
{% endmacro %}

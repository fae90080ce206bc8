{# How a build takes a lock that readers are in the way of, and puts new relations in the place of
   old ones. Nobody waits long for a build, and a build waits for as long as it must. #}


{# Run a statement that needs a strong lock on `relation`: ten attempts at a time, of a moment each,
   for a day at most. #}
{% macro patiently(relation, statement) %}
    {% set attempt = "select locks.attempt($name$" ~ relation ~ "$name$, $ddl$" ~ statement ~ "$ddl$, 10)" %}
    {% set waiting = namespace(who='somebody') %}
    {% for _ in range(10000) if waiting.who %}
        {% set waiting.who = run_query(attempt).rows[0][0] %}
        {% if waiting.who %}
            {% do log('waiting to change ' ~ relation ~ ': it is held by ' ~ waiting.who, info=true) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# A new relation is made under another name, with all that belongs to it, and takes the old one's
   name when it is done, in one statement: the lock this needs lasts until the commit, which follows
   at once. dbt moves the old one away first: that waits for it. #}
{% macro postgres__rename_relation(from_relation, to_relation) %}
    {% if '__old_' not in to_relation.identifier %}
        {% set old = make_backup_relation(to_relation, to_relation.type) %}
        {% do patiently(
            to_relation,
            'alter table if exists ' ~ to_relation ~ ' rename to ' ~ adapter.quote(old.identifier) ~ '; '
            ~ 'alter table ' ~ from_relation ~ ' rename to ' ~ adapter.quote(to_relation.identifier)
        ) %}
    {% endif %}
{% endmacro %}


{# The old one stays, under a name that no other has, while views read it or sessions hold it: what
   reads it goes on. `penstock.replaced` drops it when it can. #}
{% macro postgres__make_backup_relation(base_relation, backup_relation_type, suffix) %}
    {% set now = modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f') %}
    {% set old = postgres__make_relation_with_suffix(base_relation, '__old_' ~ now, dstring=false) %}
    {% do return(old.incorporate(type=backup_relation_type)) %}
{% endmacro %}


{# The old ones are left to `penstock.replaced`; what else dbt drops nobody but it can see. #}
{% macro postgres__drop_relation(relation) %}
    {% if '__old_' not in relation.identifier %}{% do default__drop_relation(relation) %}{% endif %}
{% endmacro %}


{# A view is replaced only when it is another than before, as Postgres understands it: a query that
   reads it keeps nobody from building then. #}
{% materialization view, adapter='postgres' %}
    {% set target = this.incorporate(type='view') %}
    {% set new = make_intermediate_relation(target) %}
    {% set old = relation_there(this) %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}{{ get_create_view_as_sql(new, sql) }}{% endcall %}

    {% if old and same_view(old, new) %}
        {% do run_query('drop view ' ~ new) %}
    {% else %}
        {% do rename_relation(new, target) %}
        {% do apply_grants(target, config.get('grants'), should_revoke=false) %}
        {% do persist_docs(target, model) %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {% do return({'relations': [target]}) %}
{% endmaterialization %}


{# dbt's cache takes a view for dropped when the table below it is replaced. #}
{% macro relation_there(relation) %}
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

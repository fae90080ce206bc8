{# How a build replaces a table or view without making readers wait: the new relation is built under
   a temporary name, and the swap of names needs a strong lock for a moment only. The old relation
   stays under an `__old_` name as long as views depend on it or sessions use it. After the build,
   `penstock.marts.replaced` drops it. #}


{# Why: dbt's default waits for the lock, and every later reader queues behind it. This swaps both
   names in one statement, by short attempts. dbt calls it twice: first to rename the old relation
   to its `__old_` name, which is left to the second call. #}
{% macro postgres__rename_relation(from_relation, to_relation) %}
    {% if '__old_' not in to_relation.identifier %}
        {% set old = make_backup_relation(to_relation, to_relation.type) %}
        {% do run_when_unlocked(
            to_relation,
            'alter table if exists ' ~ to_relation ~ ' rename to ' ~ adapter.quote(old.identifier) ~ '; '
            ~ 'alter table ' ~ from_relation ~ ' rename to ' ~ adapter.quote(to_relation.identifier)
        ) %}
    {% endif %}
{% endmacro %}


{# Why: dbt's default name is always the same. Ours has the time in it, because an earlier backup may
   still be in use. #}
{% macro postgres__make_backup_relation(base_relation, backup_relation_type, suffix) %}
    {% set now = modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f') %}
    {% set old = postgres__make_relation_with_suffix(base_relation, '__old_' ~ now, dstring=false) %}
    {% do return(old.incorporate(type=backup_relation_type)) %}
{% endmacro %}


{# Why: dbt's default drops the backup with CASCADE, and with it the views of others. Everything else
   that dbt drops is a temporary relation which only dbt can see. #}
{% macro postgres__drop_relation(relation) %}
    {% if '__old_' not in relation.identifier %}{% do default__drop_relation(relation) %}{% endif %}
{% endmacro %}


{# Each call of `locks.attempt` tries ten times for a moment each; 10,000 calls last about a day. #}
{% macro run_when_unlocked(relation, statement) %}
    {% set attempt = "select locks.attempt($name$" ~ relation ~ "$name$, $ddl$" ~ statement ~ "$ddl$, 10)" %}
    {% set lock = namespace(holder='unknown') %}
    {% for _ in range(10000) if lock.holder %}
        {% set lock.holder = run_query(attempt).rows[0][0] %}
        {% if lock.holder %}
            {% do log('waiting to change ' ~ relation ~ ': it is held by ' ~ lock.holder, info=true) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

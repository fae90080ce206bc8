{# Why: dbt's default writes every comment in every build. A comment takes a lock that stops VACUUM
   until the commit. This asks the catalog first and writes only comments that differ: an increment
   writes none. #}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) %}
    {% set wanted = [] %}
    {% if for_relation and config.persist_relation_docs() and model.description %}
        {% do wanted.append(('', model.description)) %}
    {% endif %}
    {% if for_columns and config.persist_column_docs() %}
        {% for column in model.columns.values() if column.description %}
            {% do wanted.append((column.name, column.description)) %}
        {% endfor %}
    {% endif %}
    {% if wanted %}
        {% set statements = run_query(comments_to_write(relation, wanted)).columns[0].values() %}
        {% do run_query(statements | join('; ')) if statements %}
    {% endif %}
{% endmacro %}


{% macro comments_to_write(relation, wanted) %}
    select case
        when wanted.name <> '' then format('comment on column %s.%I is %L', c.oid::regclass, wanted.name, wanted.text)
        when c.relkind = 'v' then format('comment on view %s is %L', c.oid::regclass, wanted.text)
        else format('comment on table %s is %L', c.oid::regclass, wanted.text)
    end
    from (values
        {% for name, text in wanted %}
        ('{{ name }}', {{ postgres_escape_comment(text | trim) }}){{ ',' if not loop.last }}
        {% endfor %}
    ) as wanted (name, text)
    inner join pg_class as c on c.oid = to_regclass('{{ relation }}')
    left join pg_attribute as a on a.attrelid = c.oid and a.attname = wanted.name
    where
        (wanted.name = '' or a.attnum is not null)
        and wanted.text is distinct from case
            when wanted.name = '' then obj_description(c.oid, 'pg_class')
            else col_description(c.oid, a.attnum)
        end
{% endmacro %}

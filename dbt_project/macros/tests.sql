{# Data tests look at the rows of unbuilt files, a hundred thousand of them at most, so that their
   cost does not follow the history; those of a seed at all of it. What must hold of every row ever
   is a constraint or a unique index, which Postgres keeps by itself. #}
{% macro postgres__get_where_subquery(relation) %}
    {% set chosen = [config.get('where') or 'true'] %}
    {% if not (model.attached_node or '').startswith('seed.') %}
        {% do chosen.append('load_seq in ' ~ sql_list("
            select load_seq from ingest.file where built_at is null and load_seq is not null
        ")) %}
    {% endif %}
    {% do return(
        '(select * from ' ~ relation ~ ' where ' ~ chosen | join(' and ') ~ ' limit 100000)'
        ~ ' as chosen'
    ) %}
{% endmacro %}


{# No file is there in part: of each unbuilt file that the mart has rows of, it has as many as the
   ledger says. Looks at files of a hundred thousand rows at most, and at the mart by `rows`, for
   `model` is but a sample of it. #}
{% test whole_files(model, rows) %}
    {% set unbuilt = sql_list("
        select load_seq from ingest.file
        where built_at is null and state = 'sealed' and rows_good <= 100000
    ") %}
    select
        files.path,
        files.rows_good,
        counted.rows_built
    from ingest.file as files
    inner join (
        select load_seq, count(*) as rows_built
        from {{ rows }} where load_seq in {{ unbuilt }} group by load_seq
    ) as counted on files.load_seq = counted.load_seq
    where files.rows_good <> counted.rows_built
{% endtest %}

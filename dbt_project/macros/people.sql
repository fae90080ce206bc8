{% macro user_of(path) %}regexp_replace({{ path }}, '^.*/|\.[^.]*$', '', 'g'){% endmacro %}


{% macro touched_people() %}
    select {{ user_of('path') }} from ingest.file
    where
        dataset in ('people', 'people_images')
        and built_at is null
        and load_seq is not null
        and state in ('sealed', 'superseded')
{% endmacro %}

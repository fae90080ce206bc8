{# The user a file belongs to: its name without folder and extension. #}
{% macro user_of(path) %}regexp_replace({{ path }}, '^.*/|\.[^.]*$', '', 'g'){% endmacro %}


{# The users of whom a file or an image is unbuilt: to come or to go. #}
{% macro touched_people() %}
    select {{ user_of('path') }} from ingest.file
    where
        dataset in ('people', 'people_images')
        and built_at is null
        and load_seq is not null
        and state in ('sealed', 'superseded')
{% endmacro %}


{# After a burst of files the planner still thinks that there are few, and would join them by nested
   loops: of many with many, which last. #}
{% macro no_nested_loops() %}
    {% if execute %}{% do run_query("set local enable_nestloop = off") %}{% endif %}
{% endmacro %}

{% macro user_of(path) %}regexp_replace({{ path }}, '^.*/|\.[^.]*$', '', 'g'){% endmacro %}


{% macro touched_people() %}
    select {{ user_of('path') }} from ingest.mart_file
    where
        dataset in ('people', 'people_images')
        and is_unbuilt
{% endmacro %}

{# Most actions are not likes. Counting their articles again does no harm. #}
{% macro touched_likes() %}
    {{ touched('clickstream', "(time at time zone 'UTC')::date, object_id") }}
{% endmacro %}


{# An action on a day counts for the installs of that day and of the seven days before. #}
{% macro touched_installs() %}
    {{ touched('clickstream', "(time at time zone 'UTC')::date - generate_series(0, 7)") }}
{% endmacro %}

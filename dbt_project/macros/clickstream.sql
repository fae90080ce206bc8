{# The day and article of each action that comes or goes; most are no likes, which does no harm. #}
{% macro touched_likes() %}
    {{ touched('clickstream', "(time at time zone 'UTC')::date, object_id") }}
{% endmacro %}


{# What a user does on a day counts for the installs of that day and of the seven before. #}
{% macro touched_installs() %}
    {{ touched('clickstream', "(time at time zone 'UTC')::date - generate_series(0, 7)") }}
{% endmacro %}

{% macro day_of(requested_at) %}({{ requested_at }} at time zone 'UTC')::date{% endmacro %}


{% macro hour_of(requested_at) %}date_trunc('hour', {{ requested_at }}, 'UTC'){% endmacro %}


{# Cut, because an index cannot hold a path of any length. #}
{% macro page_of(path) %}left(split_part({{ path }}, '?', 1), 500){% endmacro %}


{% macro touched_request_hours() %}
    {{ touched('access_log', hour_of('requested_at')) }}
{% endmacro %}


{% macro touched_request_days() %}
    {{ touched('access_log', day_of('requested_at')) }}
{% endmacro %}


{# The bounds are literals: they tell the planner how little of the mart of requests is read. #}
{% macro within_touched_days(requested_at) %}
    {% set query %}
        select
            coalesce(min(day)::timestamp at time zone 'UTC', 'infinity')::text as since,
            coalesce((max(day) + 1)::timestamp at time zone 'UTC', '-infinity')::text as until
        from ({{ touched_request_days() }}) as touched (day)
    {% endset %}
    {% set bounds = run_query(query).rows[0] if execute else ['infinity', '-infinity'] %}
    {{ requested_at }} >= '{{ bounds[0] }}' and {{ requested_at }} < '{{ bounds[1] }}'
{% endmacro %}

{{ config(
    pre_hook="{{ forget_unbuilt('access_log') }}",
    indexes=[
        {'columns': ['requested_at', 'host', 'country']},
        {'columns': ['host', 'requested_at']},
        {'columns': ['load_seq']},
    ],
) }}
{% do one_snapshot() %}

select
    virtual_host,
    host,
    requested_at,
    method,
    request_path as path,
    protocol,
    unparsed_request,
    status::integer as status,
    size_bytes,
    referrer,
    user_agent,
    more_fields,
    escaped_bytes,
    country,
    file_id,
    row,
    load_seq
from {{ ref('stg_access_log') }}
{% if is_incremental() %}
where file_id in {{ unbuilt('file_id', 'access_log', that='is_sealed') }}
{% endif %}

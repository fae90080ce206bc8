{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}",
) }}

-- depends_on: {{ source('staging', 'products') }}, so that each build of products runs this model
select
    file_id,
    path,
    state,
    load_seq,
    position,
    sealed_at,
    rows_good,
    built_at is null as is_unbuilt,
    array_to_string(absent, ',') as absent,
    -- Headers match in any case and punctuation: any column besides these three may be `deleted`.
    not coalesce(columns <@ array['name', 'sku', 'description'], false) as may_delete
from {{ source('ingest', 'file') }}
where dataset = 'products' and state in ('sealed', 'superseded') and load_seq is not null

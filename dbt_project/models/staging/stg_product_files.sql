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
    is_unbuilt,
    is_sealed,
    array_to_string(absent, ',') as absent,
    -- Headers match in any case and punctuation: any column besides these three may be `deleted`.
    not coalesce(columns <@ array['name', 'sku', 'description'], false) as may_delete
from {{ source('ingest', 'mart_file') }}
where dataset = 'products'

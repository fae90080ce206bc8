{{ config(
    unique_key='sku',
    meta={'fillfactor': 95, 'late_indexes': ['gin ((' ~ product_words() ~ '))']},
    pre_hook=["{{ forget_touched_products() }}", "{{ forget_deleted_products() }}"],
    indexes=[{'columns': ['sku'], 'unique': true}],
) }}
{% do small_sorts(workers=1) %}
{% set history, changes = ref('product_history'), ref('stg_product_changes') %}
-- depends_on: {{ ref('stg_product_files') }}

select
    sku,
    name,
    {{ complete_description(history) }},
    file_id,
    row,
    load_seq,
    received_at
{% if is_incremental() and only_newer_products() %}
from (
    select distinct on (sku) *
    from {{ changes }}
    order by sku asc, position desc, row desc
) as received
where not deleted
{% else %}
from {{ ref('stg_products') }} as received
where
    not exists (
        select from {{ history }} as replaced
        where
            replaced.file_id = received.file_id
            and replaced.row = received.row
            and {{ 'replaced.sku = received.sku' if is_incremental() else 'true' }}
    )
    and {{ 'sku in (' ~ touched_products() ~ ')' if is_incremental() else 'true' }}
{% endif %}

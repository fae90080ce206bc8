{# The `from` and `where` of a staging model. Columns of the staging table are read as `staged.…`,
   those of the ledger as `files.…`. #}
{% macro sealed(dataset) %}
from {{ source('staging', dataset) }} as staged
inner join {{ source('ingest', 'mart_file') }} as files on staged._file_id = files.file_id
where files.dataset = '{{ dataset }}' and files.is_sealed
{%- endmacro %}

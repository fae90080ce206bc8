{{ config(materialized='view') }}

{{ vote_distribution_at(
    this_instant(), ref('candidates'), ref('votes'), ref('vote_counts_by_second')
) }}

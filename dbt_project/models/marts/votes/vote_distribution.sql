{{ config(materialized='view') }}

{{ vote_distribution_at(
    this_instant(),
    candidates=ref('candidates'),
    votes=ref('votes'),
    by_second=ref('vote_counts_by_second'),
    by_day=ref('vote_counts_by_day'),
) }}

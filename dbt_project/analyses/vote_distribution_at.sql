-- The distribution of votes as it is asked at another instant:
-- `dbt compile --select vote_distribution_at --vars '{instant: "2024-05-01T12:10:00Z"}'`.
{{ vote_distribution_at(
    "timestamptz '" ~ var('instant', 'now') ~ "'",
    ref('candidates'), ref('votes'), ref('vote_counts_by_second')
) }}

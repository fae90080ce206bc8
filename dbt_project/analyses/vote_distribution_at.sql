-- The distribution of votes at another instant:
-- `dbt compile --select vote_distribution_at --vars '{instant: "2024-05-01T12:10:00Z"}'`.
{{ vote_distribution_at(
    "timestamptz '" ~ var('instant', 'now') ~ "'",
    candidates=ref('candidates'),
    votes=ref('votes'),
    by_second=ref('vote_counts_by_second'),
    by_day=ref('vote_counts_by_day'),
) }}

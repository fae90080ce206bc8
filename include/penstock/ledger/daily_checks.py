"""Queries of the DAG `data_checks`, as text for Airflow's SQL check operators.

The names of datasets and marts are safe identifiers, because declarations check them.
"""

from penstock.ledger.states import State

BUILT_ONCE = """
SELECT to_regclass(%(table)s) IS NOT NULL,
       EXISTS (SELECT FROM ingest.file WHERE dataset = %(dataset)s AND built_at IS NOT NULL)
"""
"""Whether `table` exists, and whether a file of `dataset` was ever built."""


def is_fresh(dataset: str, seconds: int) -> str:
    """True if a file was registered in the last `seconds`, or none ever was."""
    return f"""
SELECT coalesce(max(registered_at) > now() - interval '{seconds} seconds', true)
FROM ingest.file WHERE dataset = '{dataset}'
"""  # noqa: S608 - see above


def relative_volume(dataset: str, days: int) -> str:
    """Rows of the newest day with files, divided by the median of the 14 such days before it.

    It is 1 if there are fewer than `days` such days.
    """
    return f"""
WITH days AS (
    SELECT date_trunc('day', sealed_at, 'UTC') AS day, sum(rows_good) AS rows,
           row_number() OVER (ORDER BY date_trunc('day', sealed_at, 'UTC') DESC) AS age
    FROM ingest.file
    WHERE dataset = '{dataset}' AND sealed_at IS NOT NULL
    GROUP BY 1
)
SELECT coalesce(
    (SELECT rows FROM days WHERE age = 1)
    / (SELECT nullif(percentile_cont(0.5) WITHIN GROUP (ORDER BY rows), 0)
       FROM days WHERE age BETWEEN 2 AND 15 HAVING count(*) >= {days}),
    1
)
"""  # noqa: S608 - see above


def has_whole_files(dataset: str, mart: str) -> str:
    """True if each built file has as many rows in the mart as in the ledger."""
    return f"""
SELECT count(*) = 0
FROM (SELECT load_seq, rows_good FROM ingest.file
      WHERE dataset = '{dataset}' AND state = '{State.SEALED}' AND built_at IS NOT NULL) AS ledger
LEFT JOIN (SELECT load_seq, count(*) AS rows_built FROM marts.{mart} GROUP BY load_seq) AS built
    USING (load_seq)
WHERE ledger.rows_good <> coalesce(built.rows_built, 0)
"""  # noqa: S608 - see above

"""pandas' `to_sql` with many rows in one INSERT."""

from pathlib import Path

from bench.competitors import TABLE, Does, frames

NAME = 'pandas to_sql, method="multi"'
DOES = Does(row_checks="none", quarantine="no", exactly_once="all or nothing")

ROWS = 1000  # the documentation asks for a chunk size; larger ones are slower


def run(path: Path, dsn: str) -> None:
    """Load `path` in one transaction."""
    frames.read(path).to_sql(
        TABLE, frames.engine(dsn), if_exists="append", index=False, method="multi", chunksize=ROWS
    )

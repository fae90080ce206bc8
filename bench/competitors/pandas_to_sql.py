"""pandas' `to_sql` as it comes."""

from pathlib import Path

from bench.competitors import TABLE, Does, frames

NAME = "pandas to_sql"
DOES = Does(row_checks="none", quarantine="no", exactly_once="all or nothing")


def run(path: Path, dsn: str) -> None:
    """Load `path` in one transaction."""
    frames.read(path).to_sql(TABLE, frames.engine(dsn), if_exists="append", index=False)

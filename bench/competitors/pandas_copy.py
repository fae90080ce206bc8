"""pandas' `to_sql` with a callable that does `COPY`, as its documentation shows."""

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from pandas.io.sql import SQLTable
from sqlalchemy import Connection

from bench.competitors import TABLE, Does, frames

NAME = "pandas to_sql, COPY callable"
DOES = Does(row_checks="none", quarantine="no", exactly_once="all or nothing")

ROWS = 50_000  # bounds the memory of the text


def run(path: Path, dsn: str) -> None:
    """Load `path` in one transaction."""
    frames.read(path).to_sql(
        TABLE, frames.engine(dsn), if_exists="append", index=False, method=_copy, chunksize=ROWS
    )


def _copy(table: SQLTable, connection: Connection, keys: list[str], rows: Iterable[Any]) -> None:
    text = StringIO()
    csv.writer(text).writerows(rows)
    text.seek(0)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.copy_expert(f"COPY {table.name} ({', '.join(keys)}) FROM STDIN (FORMAT csv)", text)

"""Arrow's database driver: pyarrow reads the file, ADBC writes it as binary `COPY`."""

from pathlib import Path

import pyarrow as pa
from adbc_driver_postgresql import dbapi
from pyarrow import csv

from bench.competitors import COLUMNS, TABLE, Does

NAME = "ADBC ingest"
DOES = Does(row_checks="none", quarantine="no", exactly_once="all or nothing")


def read(path: Path) -> pa.Table:
    """All rows as text, read by as many threads as there are cores."""
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string())),
    )


def run(path: Path, dsn: str) -> None:
    """Load `path` in one transaction."""
    with dbapi.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest(TABLE, read(path), mode="append")
        connection.commit()

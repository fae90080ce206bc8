"""The file's own bytes into `COPY`, by psycopg: the measure of all others."""

from pathlib import Path

import psycopg

from bench.competitors import COLUMNS, TABLE, Does

NAME = "bare COPY"
DOES = Does(row_checks="none", quarantine="no", exactly_once="all or nothing")

CHUNK = 8 * 1024 * 1024


def run(path: Path, dsn: str) -> None:
    """Load `path` in one transaction."""
    command = f"COPY {TABLE} ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv, HEADER)"
    with (
        path.open("rb") as file,
        psycopg.connect(dsn) as connection,
        connection.cursor().copy(command) as copy,
    ):
        while chunk := file.read(CHUNK):
            copy.write(chunk)

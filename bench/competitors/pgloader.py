"""pgloader, where it is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.competitors import COLUMNS, TABLE, Does

NAME = "pgloader"
DOES = Does(row_checks="what Postgres refuses", quarantine="a file", exactly_once="no")

# The batch sizes of its manual; the workers are those of this machine's cores.
COMMANDS = """
LOAD CSV
  FROM '{path}' ({columns})
  INTO {url}
  TARGET TABLE {table} ({columns})
  WITH workers = 2, concurrency = 2, batch rows = 25000, batch size = 20 MB, prefetch rows = 50000,
       skip header = 1, fields optionally enclosed by '"', fields escaped by double-quote,
       fields terminated by ',', keep unquoted blanks;
"""


def run(path: Path, dsn: str) -> None:
    """Load `path`, a transaction a batch.

    Raises:
        RuntimeError: pgloader reports errors; it exits with 0 all the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        commands = Path(folder) / "bench.load"
        columns = ", ".join(COLUMNS)
        commands.write_text(
            COMMANDS.format(path=path, columns=columns, url=_url(dsn), table=f"public.{TABLE}")
        )
        done = subprocess.run(
            [_program(), "--root-dir", folder, commands], check=True, capture_output=True, text=True
        )
    if "ERROR" in done.stdout:
        raise RuntimeError(done.stdout)


def missing() -> str | None:
    """Why it cannot run here, if so."""
    return None if shutil.which("pgloader") else "the Debian package pgloader is not installed"


def _program() -> str:
    return shutil.which("pgloader") or "pgloader"


def _url(dsn: str) -> str:
    """The libpq URL as pgloader writes one: a socket's folder follows `unix:`."""
    parts = urlsplit(dsn)
    folder = parse_qs(parts.query).get("host", [None])[0]
    host = f"unix:{folder}:5432" if folder else f"{parts.hostname}:{parts.port or 5432}"
    return f"postgresql://{parts.username}@{host}{parts.path}"

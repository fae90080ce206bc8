"""dlt from Arrow tables through Parquet and ADBC: the fast way of its Postgres documentation."""

import os
import tempfile
from pathlib import Path

import dlt

from bench.competitors import TABLE, Does, adbc

NAME = "dlt, Arrow and Parquet"
DOES = Does(row_checks="types only", quarantine="no", exactly_once="per load package")


def run(path: Path, dsn: str) -> None:
    """Load `path` as one load package."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "bench",
            pipelines_dir=folder,
            destination=dlt.destinations.postgres(_url(dsn)),
            dataset_name="public",
        )
        pipeline.run(
            adbc.read(path),
            table_name=TABLE,
            write_disposition="append",
            loader_file_format="parquet",
        ).raise_on_failed_jobs()


def _url(dsn: str) -> str:
    """The libpq URL with the host and password that dlt asks for, though the socket needs none."""
    return dsn.replace("@/", ":unused@localhost/", 1)

"""Spark on all cores of this machine, through JDBC: the old way. Wants Java 17 and the driver."""

import shutil
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pyspark.sql import SparkSession

from bench.competitors import COLUMNS, TABLE, Does
from bench.relay import relay

NAME = "Spark JDBC"
DOES = Does(row_checks="none", quarantine="no", exactly_once="no")

# Debian's libpostgresql-jdbc-java puts it there; no Python package brings it.
JAR = Path("/usr/share/java/postgresql.jar")
PARTITIONS = 2
BATCH = 10_000


def missing() -> str | None:
    """Why it cannot run here, if so."""
    if not shutil.which("java"):
        return "no Java, of which Spark wants 17"
    return None if JAR.exists() else "the Debian package libpostgresql-jdbc-java is not installed"


@cache
def prepare() -> SparkSession:
    """A session, started once."""
    return (
        SparkSession.builder.master(f"local[{PARTITIONS}]")
        .config("spark.jars", str(JAR))
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )


def run(path: Path, dsn: str) -> None:
    """Load `path`, a transaction a partition."""
    parts = urlsplit(dsn)
    folder = parse_qs(parts.query)["host"][0]
    rows = prepare().read.csv(
        str(path),
        schema=", ".join(f"{column} string" for column in COLUMNS),
        header=True,
        multiLine=True,
        escape='"',
        emptyValue="",
        nullValue="\0",
    )
    with relay(Path(folder) / ".s.PGSQL.5432") as port:
        rows.repartition(PARTITIONS).write.jdbc(
            f"jdbc:postgresql://127.0.0.1:{port}{parts.path}?reWriteBatchedInserts=true",
            TABLE,
            mode="append",
            properties={
                "user": parts.username or "",
                "batchsize": str(BATCH),
                "numPartitions": str(PARTITIONS),
                "driver": "org.postgresql.Driver",
            },
        )

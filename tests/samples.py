"""A warehouse with all samples in its marts."""

import uuid
from pathlib import Path

import psycopg
import pytest

from penstock import datasets
from penstock.marts import build
from penstock.settings import settings
from penstock.warehouse import embedded
from tests import pipeline


def fresh(cluster: Path, home: Path) -> dict[str, str]:
    """The environment of `home`, with a new, empty warehouse."""
    database = f"samples_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(embedded.url(cluster, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {database} TEMPLATE template")
    return {
        "PENSTOCK_HOME": str(home),
        "PENSTOCK_WAREHOUSE_URL": embedded.url(cluster, database),
        "PENSTOCK_SETTLE_SECONDS": "0.001",
    }


def load(environment: dict[str, str]) -> None:
    """Load all samples, and `in/sample1.txt`, and build the marts."""
    with pytest.MonkeyPatch.context() as patch:
        enter(patch, environment)
        pipeline.land("events", "in/sample1.txt", sample1())
        pipeline.land_samples()
        for name in datasets.all_datasets():
            pipeline.ingest(name)
        for name in datasets.all_datasets():
            build.build(name)
    settings.cache_clear()


def enter(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Make `environment` that of this process, as long as `patch` lasts."""
    for name, value in environment.items():
        patch.setenv(name, value)
    patch.delenv("AIRFLOW_HOME", raising=False)
    settings.cache_clear()


def sample1() -> bytes:
    """1,000 events, out of order: 3 and 4 in the ranges that the old system was asked for."""
    first = ("2000-01-01T18:00:00Z", "2000-01-01T23:59:04Z", "2000-01-03T01:00:00Z")
    second = ("2000-01-05T13:15:30Z", "2000-01-05T20:00:00Z", "2000-01-06T13:15:30Z")
    around = ("2000-01-01T17:59:59Z", "2000-01-03T01:00:01Z", "2000-01-06T13:15:31Z")
    others = [f"20{n % 19 + 1:02d}-07-06T{n // 60:02d}:{n % 60:02d}:00Z" for n in range(990)]
    times = [*others, *reversed(first), *around, *second, second[1]]
    lines = [f"{time} user{n}@example.com session-{n}" for n, time in enumerate(times)]
    return "\n".join(lines).encode()

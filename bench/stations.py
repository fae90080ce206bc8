"""Time Penstock's stations, in a process with Penstock's Python instead of the benchmark's.

Imports, building the dataset's suite and starting dbt are not timed: Airflow does them once.
"""

import argparse
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from penstock.datasets import get
from penstock.files import landing
from penstock.marts.build import build
from penstock.marts.build import warm as warm_dbt
from penstock.schema.migrate import migrate
from penstock.settings import settings
from penstock.stations.batch import LoadReport
from penstock.stations.load import load
from penstock.stations.plan import Part, plan
from penstock.stations.seal import seal
from penstock.validate import warm
from penstock.warehouse import embedded
from penstock.warehouse.connect import connect

DATASET = "products"


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Run `action`; returns its seconds and its result."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def land(path: Path) -> None:
    """Copy the file to the landing zone; a hard link would be copied when it is claimed."""
    shutil.copy2(path, landing.folder(get(DATASET)) / path.name)


def load_all(parts: list[Part]) -> LoadReport:
    """Load all parts in turn, each with the number of processes from the settings."""
    total = LoadReport()
    for part in parts:
        total.add(load(DATASET, part))
    return total


def stage(path: Path) -> dict[str, Any]:
    """Time the way from the landed file to sealed rows in staging."""
    warm()
    land(path)
    planning, parts = timed(lambda: plan(DATASET))
    loading, total = timed(lambda: load_all(parts))
    sealing, sealed = timed(lambda: seal(DATASET))
    (file,) = sealed.files
    return {
        "seconds": planning + loading + sealing,
        "wall": {"plan": planning, "load": loading, "seal": sealing},
        "stations": total.seconds,
        "rows_good": file.rows_good,
        "rows_bad": file.rows_bad,
        "state": file.state,
    }


def marts() -> dict[str, Any]:
    """Time the way from sealed rows to the marts."""
    warm_dbt()
    seconds, report = timed(lambda: build(DATASET))
    return {"seconds": seconds, "report": asdict(report)}


def count() -> dict[str, Any]:
    """Count the rows of the mart of products, to compare with the generator."""
    with connect("reader") as connection:
        row = connection.execute("SELECT count(*) FROM marts.products").fetchone()
    return {"products": row[0] if row else 0}


def serve() -> dict[str, Any]:
    """Start the embedded server and return its URL."""
    embedded.ensure_running(settings().home)
    return {"url": embedded.url(settings().home, "postgres")}


def main() -> None:
    """Run one action and print its result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("serve", "stop", "migrate", "stage", "marts", "count"))
    parser.add_argument("path", nargs="?", type=Path)
    args = parser.parse_args()
    actions: dict[str, Callable[[], Any]] = {
        "serve": serve,
        "stop": lambda: embedded.stop(settings().home),
        "migrate": migrate,
        "stage": lambda: stage(args.path),
        "marts": marts,
        "count": count,
    }
    print(json.dumps(actions[args.action]()))


if __name__ == "__main__":
    main()

"""`penstock demo`: load the sample files through Airflow, and show the results."""

import filecmp
import shutil
import time
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row
from rich.console import Console

from penstock import data_docs, datasets, ledger, runtime
from penstock.cli import show
from penstock.cli.answers import QUESTIONS
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.files import landing
from penstock.marts import docs_site
from penstock.runtime import Endpoints
from penstock.stations import sense
from penstock.warehouse import connect

_PATIENCE = 300  # seconds in which a dataset's sample files must reach the marts
_MOST_FILES = 10  # of a dataset to show
_MOST_REFUSED = 20  # records of the quarantine to show
_STATIONS = ("registered_at", "claimed_at", "loaded_at", "sealed_at", "built_at")


def demo(console: Console) -> None:
    """Start everything, land the samples, wait for the marts, show the results.

    Raises:
        PenstockError: a sample file did not reach the marts.
    """
    endpoints = runtime.up(lambda line: console.print(f"  {line}", highlight=False))
    _show_address(console, endpoints)
    dropped = time.time()
    landed = {name: _land_samples(dataset) for name, dataset in datasets.all_datasets().items()}
    for name, paths in landed.items():
        _wait(console, datasets.get(name), paths)
    for name, paths in landed.items():
        console.rule(f"{name}: what landed")
        entries = _entries(name, paths)
        show.files(entries[:_MOST_FILES], as_json=False)
        if len(entries) > _MOST_FILES:
            console.print(f"and {len(entries) - _MOST_FILES:,} more files")
    _show_quarantine(console)
    _show_answers(console)
    _show_seconds(console, landed, dropped)
    _show_where_to_look(console, endpoints)


def _show_address(console: Console, endpoints: Endpoints) -> None:
    """Say where to look before the samples land, so that they are seen arriving."""
    console.print(f"\nThe pages: {endpoints.pages}", style="bold", highlight=False, soft_wrap=True)
    login = f"log in as {endpoints.user} with the password {endpoints.password}\n"
    console.print(login, highlight=False, soft_wrap=True)


def _land_samples(dataset: Dataset) -> list[str]:
    """Land the samples that are not in the folder yet: a mirror would reload the others."""
    target = landing.folder(dataset)
    with as_file(files("penstock") / "samples") as folder:
        samples = [
            sample
            for place in (folder / dataset.name, folder / "charts" / dataset.name)
            if place.is_dir()
            for sample in sorted(place.iterdir())
        ]
        for sample in samples:
            if _is_there(sample, target / sample.name):
                continue
            with landing.draft(dataset, sample.name) as draft:
                shutil.copyfile(sample, draft)
    return [sample.name for sample in samples]


def _is_there(sample: Path, landed: Path) -> bool:
    return landed.is_file() and filecmp.cmp(sample, landed, shallow=False)


def _entries(name: str, paths: list[str]) -> list[dict[str, Any]]:
    with connect("reader") as connection:
        return ledger.list_files(connection, name, 1000, paths)


def _wait(console: Console, dataset: Dataset, paths: list[str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    with console.status(f"{dataset.name}: waiting for Airflow") as status:
        while waiting := sorted(sense.unfinished_paths(dataset, paths)):
            if time.monotonic() > deadline:
                raise PenstockError(
                    f"{dataset.name}: {', '.join(waiting)} did not reach the marts; "
                    f"look at the DAG ingest_{dataset.name} in the web UI"
                )
            status.update(f"{dataset.name}: {len(waiting)} of {len(paths)} files on their way")
            time.sleep(0.5)


def _show_quarantine(console: Console) -> None:
    with connect("reader") as connection:
        refused = ledger.list_quarantine(connection, None, None, _MOST_REFUSED)
    console.rule("quarantined, and why")
    keep = ("dataset", "path", "line", "reasons", "raw")
    show.rows([{key: r[key] for key in keep} for r in refused], as_json=False)


def _show_answers(console: Console) -> None:
    with connect("reader") as connection, connection.cursor(row_factory=dict_row) as cursor:
        for question in QUESTIONS:
            console.rule(question.text)
            show.rows(cursor.execute(question.query).fetchall(), as_json=False)


def _show_seconds(console: Console, landed: dict[str, list[str]], dropped: float) -> None:
    entries = [entry for name, paths in landed.items() for entry in _entries(name, paths)]
    fresh = [e for e in entries if e["built_at"] and e["registered_at"].timestamp() > dropped]
    if not fresh:
        console.print("Every sample was loaded before; nothing was loaded twice.")
        return
    console.rule("seconds at each station, of the first file of each dataset")
    firsts = {entry["dataset"]: entry for entry in sorted(fresh, key=_newest_first)}
    show.rows([_stations(entry, dropped) for entry in firsts.values()], as_json=False)


def _newest_first(entry: dict[str, Any]) -> tuple[str, int]:
    return entry["dataset"], -entry["file_id"]


def _stations(entry: dict[str, Any], dropped: float) -> dict[str, Any]:
    names = ("sense", "claim", "load", "seal", "build")
    times = [dropped, *(entry[station].timestamp() for station in _STATIONS)]
    gaps = [f"{after - before:.1f}" for before, after in pairwise(times)]
    return {
        "dataset": entry["dataset"],
        "path": entry["path"],
        **dict(zip(names, gaps, strict=True)),
    } | {"total": f"{times[-1] - dropped:.1f}"}


def _show_where_to_look(console: Console, endpoints: Endpoints) -> None:
    console.rule("where to look")
    show.fields(
        {
            **vars(endpoints),
            "warehouse": 'psql "$(.venv/bin/penstock url --role reader)"',
            "drop_your_own": f"cp my-events.txt {landing.root()}/events/",
            "data_docs": data_docs.folder() / "index.html",
            "dbt_docs": docs_site.folder() / "index.html",
            "quarantine": "penstock quarantine events",
            "stop": "make down",
        }
    )

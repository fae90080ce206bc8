"""`penstock demo`: the whole way, with sample files, and what came of it."""

import shutil
import time
from importlib.resources import as_file, files
from itertools import pairwise
from typing import Any

from rich.console import Console

from penstock import data_docs, datasets, landing, ledger, runtime
from penstock.cli import show
from penstock.errors import PenstockError
from penstock.runtime import Endpoints
from penstock.settings import settings
from penstock.warehouse import connect, dsn

_PATIENCE = 300  # seconds until a sample file must be in the mart
_STATIONS = ("registered_at", "claimed_at", "loaded_at", "sealed_at", "built_at")


def demo(console: Console) -> None:
    """Start everything, land the samples, wait for the marts, show what there is.

    Raises:
        PenstockError: a sample file did not reach the marts.
    """
    endpoints = runtime.up(lambda line: console.print(f"  {line}", highlight=False))
    dropped = time.time()
    for name in datasets.all_datasets():
        paths = _land_samples(name)
        if paths:
            _wait(console, name, paths)
            _show(console, name, paths, dropped)
    _show_where_to_look(console, endpoints)


def _land_samples(name: str) -> list[str]:
    """Drop the dataset's samples; a name that holds the same content already is dropped again."""
    target = landing.folder(datasets.get(name))
    with as_file(files("penstock") / "samples" / name) as folder:
        samples = sorted(folder.iterdir()) if folder.is_dir() else []
        for sample in samples:
            partial = target / f"{sample.name}.part"
            shutil.copyfile(sample, partial)
            partial.rename(target / sample.name)
    return [sample.name for sample in samples]


def _entries(name: str, paths: list[str]) -> list[dict[str, Any]]:
    with connect("reader") as connection:
        return ledger.list_files(connection, name, 1000, paths)


def _wait(console: Console, name: str, paths: list[str]) -> None:
    folder = landing.folder(datasets.get(name))
    deadline = time.monotonic() + _PATIENCE
    with console.status(f"{name}: waiting for Airflow") as status:
        while True:
            waiting = [path for path in paths if (folder / path).exists()]
            entries = _entries(name, paths)
            todo = [e for e in entries if _is_on_its_way(e)]
            if not waiting and not todo:
                return
            if time.monotonic() > deadline:
                raise PenstockError(
                    f"{name}: {', '.join(waiting) or todo[0]['path']} did not reach the marts; "
                    f"look at the DAG ingest_{name} in the web UI"
                )
            states = sorted({entry["state"] for entry in todo})
            status.update(f"{name}: {len(waiting)} files landed, {', '.join(states) or 'sensing'}")
            time.sleep(0.5)


def _is_on_its_way(entry: dict[str, Any]) -> bool:
    if entry["state"] in ("registered", "claimed", "loading"):
        return True
    return entry["state"] in ("sealed", "superseded") and entry["built_at"] is None


def _show(console: Console, name: str, paths: list[str], dropped: float) -> None:
    entries = _entries(name, paths)
    console.rule(f"{name}: what landed")
    show.files(entries, as_json=False)
    with connect("reader") as connection:
        sample = connection.execute(f"SELECT * FROM marts.{name} LIMIT 3")  # noqa: S608 - declared
        columns = [column.name for column in sample.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in sample]
        refused = ledger.list_quarantine(connection, name, None, 10)
    console.rule(f"marts.{name}: a few rows")
    show.rows(rows, as_json=False)
    console.rule(f"{name}: quarantined, and why")
    keep = ("path", "line", "reasons", "raw")
    show.rows([{key: r[key] for key in keep} for r in refused], as_json=False)
    fresh = [e for e in entries if e["built_at"] and e["registered_at"].timestamp() > dropped]
    if fresh:
        console.rule(f"{name}: seconds at each station")
        show.rows([_stations(entry, dropped) for entry in fresh], as_json=False)
    else:
        console.print(f"{name}: every sample was loaded before; nothing was loaded twice.")


def _stations(entry: dict[str, Any], dropped: float) -> dict[str, Any]:
    names = ("sense", "claim", "load", "seal", "build")
    times = [dropped, *(entry[station].timestamp() for station in _STATIONS)]
    gaps = [f"{after - before:.1f}" for before, after in pairwise(times)]
    return {"path": entry["path"], **dict(zip(names, gaps, strict=True))} | {
        "total": f"{times[-1] - dropped:.1f}"
    }


def _show_where_to_look(console: Console, endpoints: Endpoints) -> None:
    console.rule("where to look")
    show.fields(
        {
            **vars(endpoints),
            "warehouse": f'psql "{dsn("reader")}"',
            "drop_your_own": f"cp my-events.txt {landing.root()}/events/",
            "data_docs": data_docs.folder() / "index.html",
            "dbt_docs": settings().home / "docs" / "dbt" / "index.html",
            "quarantine": "penstock quarantine events",
            "stop": "make down",
        }
    )

"""Take datasets through the four stations in this process: plan, load, seal, build."""

import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from penstock import ledger
from penstock.declare.dataset import Dataset
from penstock.marts.build import build
from penstock.settings import settings
from penstock.stations import sense
from penstock.stations.batch import LoadReport
from penstock.stations.events import (
    Building,
    Loading,
    OnEvent,
    Planned,
    Planning,
    Scanned,
    Sealing,
    ignore,
)
from penstock.stations.load import load
from penstock.stations.plan import Part, plan
from penstock.stations.seal import SealReport, seal
from penstock.warehouse.connect import connect

_RETRY_SECONDS = 0.2  # until a look at files that another process holds
_ALL = 10_000_000  # files of the ledger


Paths = Mapping[str, Sequence[str]]
"""Paths below the landing folder, by the name of the dataset."""


def run(
    datasets: Sequence[Dataset],
    on_event: OnEvent = ignore,
    landed: Paths = MappingProxyType({}),
) -> None:
    """Plan, load, seal and build `datasets`, until no file of theirs is left to seal.

    Waits for files that another process (Airflow, say) works on, but not for those whose next
    attempt is not due: see `check`. `landed` are paths that must leave the landing zone, too.

    Raises:
        HostFault: a loading process failed or was killed.
        PenstockError: a mirror cannot be read, or dbt failed.
        psycopg.Error: the warehouse failed.
    """
    for dataset in datasets:
        stage(dataset.name, on_event)
        while sense.unsealed(dataset, landed.get(dataset.name, ())):
            time.sleep(_RETRY_SECONDS)
            stage(dataset.name, on_event)
    on_event(Building([dataset.name for dataset in datasets]))
    for dataset in datasets:
        build(dataset.name)


def run_waiting(datasets: Sequence[Dataset], on_event: OnEvent = ignore) -> list[dict[str, Any]]:
    """Run what waits in the landing zone or is not sealed; returns its ledger entries.

    Pauses for `settle_seconds` first: a file that landed a moment ago counts too.

    Raises: as `run`.
    """
    time.sleep(settings().settle_seconds)
    with connect("reader") as connection:
        begun = {
            f.file_id
            for d in datasets
            for f in ledger.files_in(connection, d.name, *ledger.IN_FLIGHT)
        }
        newest = max((f["file_id"] for f in ledger.list_files(connection, limit=1)), default=0)
    run(datasets, on_event)
    before = min(begun | {newest + 1}) - 1
    with connect("reader") as connection:
        entries = [
            entry
            for d in datasets
            for entry in ledger.list_files(connection, d.name, _ALL, after=before)
        ]
    return [e for e in entries if e["file_id"] > newest or e["file_id"] in begun]


def stage(dataset: str, on_event: OnEvent = ignore) -> SealReport:
    """Plan, load and seal `dataset`, once.

    Raises: as `run`.
    """
    on_event(Planning(dataset))
    parts = plan(dataset, on_progress=lambda done, of: on_event(Scanned(dataset, done, of)))
    on_event(Planned(dataset, parts))
    for number, part in enumerate(parts, 1):
        _load(dataset, number, part, on_event)
    on_event(Sealing(dataset))
    return seal(dataset)


def check(datasets: Sequence[Dataset]) -> None:
    """Return when no file of `datasets` waits for a fault to be mended.

    Raises:
        HostFault: a file waits; says for what, and what mends it.
    """
    with connect("reader") as connection:
        for dataset in datasets:
            ledger.check_nothing_waits(connection, dataset.name)


def _load(dataset: str, number: int, part: Part, on_event: OnEvent) -> None:
    def loading(done: LoadReport) -> None:
        on_event(Loading(dataset, number, part, done))

    loading(LoadReport())
    load(dataset, part, loading)

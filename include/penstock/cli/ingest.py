"""`penstock load`: land files, then take every station in this process, showing progress."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from penstock import datasets, ledger
from penstock.arrivals import mirror_folder
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.files import aside, landing
from penstock.settings import settings
from penstock.warehouse import connect

if TYPE_CHECKING:
    from penstock.stations.batch import LoadReport
    from penstock.stations.batches import OnBatch
    from penstock.stations.plan import Part

_ALL = 10_000_000
Landed = Mapping[str, Sequence[str]]
"""Paths below the landing folder, by the name of the dataset."""
OnLeft = Callable[[str], object]
"""Told of each thing in a folder that does not load, and why."""


def ingest(
    dataset: Dataset, paths: Sequence[Path], quiet: bool, on_left: OnLeft
) -> list[dict[str, Any]]:
    """Land copies of `paths`, load and build them; returns the newest ledger entry of each.

    What lands in the same folder (people and their images) is one thing: all of it is taken.

    Raises:
        PenstockError: a path is not there, or two would land under one name.
        OSError: one cannot be read; then none lands.
    """
    landed = _land(datasets.landing_with(dataset), paths, on_left)
    finish(dataset, quiet, landed)
    with connect("reader") as connection:
        entries = [
            entry
            for name, of_dataset in landed.items()
            for entry in ledger.list_files(connection, name, _ALL, of_dataset)
        ]
    newest = {(entry["dataset"], entry["path"]): entry for entry in reversed(entries)}
    return [newest[name, path] for name, of_dataset in landed.items() for path in of_dataset]


def ingest_waiting(dataset: Dataset, quiet: bool) -> list[dict[str, Any]]:
    """Load and build what waits in the landing zone; returns the ledger entries of that."""
    time.sleep(settings().settle_seconds)  # what was put there a moment ago waits too
    together = datasets.landing_with(dataset)
    with connect("reader") as connection:
        begun = {f.file_id for d in together for f in _unfinished(connection, d)}
        newest = max((f["file_id"] for f in ledger.list_files(connection, limit=1)), default=0)
    finish(dataset, quiet)
    before = min(begun | {newest + 1}) - 1
    with connect("reader") as connection:
        entries = [
            entry
            for d in together
            for entry in ledger.list_files(connection, d.name, _ALL, after=before)
        ]
    return [e for e in entries if e["file_id"] > newest or e["file_id"] in begun]


def finish(dataset: Dataset, quiet: bool, landed: Landed = MappingProxyType({})) -> None:
    """Load, seal and build until nothing that lands with `dataset` is on its way, or due.

    Another process (Airflow, say) may work on the same files: what it holds is waited for.
    """
    from penstock.marts.build import build

    console = Console(stderr=True, quiet=quiet)
    together = datasets.landing_with(dataset)
    for each in together:
        while True:
            _load(each, console)
            if not _on_the_way(each, landed.get(each.name, ())):
                break
            time.sleep(0.2)
    with console.status("building the marts"):
        for each in together:
            build(each.name)


def check(dataset: Dataset) -> None:
    """Be silent when nothing that lands with `dataset` waits for a fault to pass.

    Raises:
        HostFault: something does; says what, and what mends it.
    """
    with connect("reader") as connection:
        for each in datasets.landing_with(dataset):
            ledger.check_nothing_waits(connection, each.name)


def _load(dataset: Dataset, console: Console) -> None:
    from penstock.stations.load import load
    from penstock.stations.plan import plan
    from penstock.stations.seal import seal

    with console.status(f"{dataset.name}: looking for files") as status:

        def scanned(done: int, files: int) -> None:
            status.update(f"{dataset.name}: scanned {done:,} of {files:,} files")

        parts = plan(dataset.name, on_progress=scanned)
    with _progress(console) as progress:
        for n, part in enumerate(parts, 1):
            load(dataset.name, part, _bar(progress, f"part {n} of {len(parts)}", part))
    seal(dataset.name)


def _land(
    together: Sequence[Dataset], paths: Sequence[Path], on_left: OnLeft
) -> dict[str, list[str]]:
    """Copy files into the landing folder; the paths of each dataset's there."""
    for dataset in together:
        if dataset.mirror:
            mirror_folder.set_up(dataset)  # raises while it is not mounted: nothing may land then
    landed: dict[str, list[str]] = {}
    sources = list(_sources(together, paths, on_left))
    for _, _, source in sources:  # all or nothing: one that cannot be read lets none land
        source.open("rb").close()
    for dataset, name, source in sources:
        target = landing.folder(dataset) / name
        with aside.draft(target) as draft:
            shutil.copyfile(source, draft)
            since = landing.whole_since(dataset)
            os.utime(draft, (since, since))
        landed.setdefault(dataset.name, []).append(name)
    return landed


def _sources(
    together: Sequence[Dataset], paths: Sequence[Path], on_left: OnLeft
) -> Iterator[tuple[Dataset, str, Path]]:
    """Dataset, name below the landing folder, and source of each file."""
    seen: set[str] = set()
    for path in paths:
        for name, source in _found(path):
            dataset = next((d for d in together if d.accepts(name)), None)
            why = landing.why_not_a_file(source.resolve())
            if dataset is None:
                why = "; ".join(d.takes for d in together)
            if dataset is None or why:
                if not path.is_dir():
                    raise PenstockError(f"{source}: {why}")
                on_left(f"{source} is not taken: {why}")
                continue
            if name in seen:
                raise PenstockError(f"{source}: two files would land as {name}; load them in turn")
            seen.add(name)
            yield dataset, landing.readable(name), source


def _found(path: Path) -> Iterator[tuple[str, Path]]:
    """A file, or all that lies in a folder: the name that each would land under, and its place.

    Raises:
        OSError: something in it cannot be seen.
    """
    if not os.path.lexists(path):
        raise PenstockError(f"{path}: no such file")
    if not path.is_dir():
        yield path.name, path
        return
    for current, folders, files in os.walk(path, onerror=_raise):
        here = Path(current)
        odd = [f for f in folders if f.startswith(".") or (here / f).is_symlink()]
        folders[:] = sorted(f for f in folders if f not in odd)
        for name in sorted(files + odd):
            yield (here / name).relative_to(path).as_posix(), here / name


def _raise(error: OSError) -> None:
    raise error


def _on_the_way(dataset: Dataset, paths: Sequence[str]) -> bool:
    from penstock.stations.plan import arrived

    if dataset.mirror and arrived(dataset.name):
        return True
    with connect("reader") as connection:
        held = ledger.held_paths(connection, dataset.name)
        if any(file.is_due for file in _unfinished(connection, dataset)):
            return True
    there = landing.folder(dataset)
    return not dataset.mirror and any((there / path).exists() for path in {*paths} - held)


def _unfinished(connection: Connection, dataset: Dataset) -> list[ledger.File]:
    return ledger.files_in(connection, dataset.name, *ledger.IN_FLIGHT)


def _bar(progress: Progress, name: str, part: "Part") -> "OnBatch":
    bar = progress.add_task(name, total=part["bytes"], rows="0 rows")

    def update(report: "LoadReport") -> None:
        progress.update(bar, completed=report.bytes, rows=f"{report.rows_good:,} rows")

    return update


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
        console=console,
    )

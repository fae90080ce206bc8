"""`penstock load`: land files, then take every station in this process, showing progress."""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from penstock import landing, ledger
from penstock.dataset import Dataset
from penstock.errors import PenstockError
from penstock.settings import settings
from penstock.warehouse import connect

if TYPE_CHECKING:
    from penstock.load import LoadReport, OnBatch
    from penstock.plan import Part


def ingest(dataset: Dataset, paths: Sequence[Path], quiet: bool) -> list[dict[str, Any]]:
    """Land copies of `paths`, load and build them; returns the newest ledger entry of each.

    Raises:
        PenstockError: a path is not there, or two would land under one name.
    """
    landed = _land(dataset, paths)
    finish(dataset, quiet, set(landed))
    with connect("reader") as connection:
        entries = ledger.list_files(connection, dataset.name, 10_000_000, landed)
    newest = {entry["path"]: entry for entry in reversed(entries)}
    return [newest[path] for path in landed]


def finish(dataset: Dataset, quiet: bool, paths: frozenset[str] | set[str] = frozenset()) -> None:
    """Load, seal and build until nothing of `dataset` is on its way.

    Another process (Airflow, say) may work on the same files: what it holds is waited for.
    """
    from penstock.build import build
    from penstock.load import load
    from penstock.plan import plan
    from penstock.seal import seal

    console = Console(stderr=True, quiet=quiet)
    while True:
        parts = plan(dataset.name)
        with _progress(console) as progress:
            for n, part in enumerate(parts, 1):
                load(dataset.name, part, _bar(progress, f"part {n} of {len(parts)}", part))
        seal(dataset.name)
        if not _on_the_way(dataset, paths):
            break
        time.sleep(0.2)
    with console.status("building the marts"):
        build(dataset.name)


def _land(dataset: Dataset, paths: Sequence[Path]) -> list[str]:
    sources = dict(_sources(dataset, paths))
    settled_time = time.time() - settings().settle_seconds
    for name, source in sources.items():
        target = landing.folder(dataset) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        shutil.copyfile(source, partial)
        os.utime(partial, (settled_time, settled_time))  # whole from its first moment on
        partial.rename(target)
    return list(sources)


def _sources(dataset: Dataset, paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Name below the landing folder, and source, of each file."""
    seen: set[str] = set()
    for path in paths:
        if not path.exists():
            raise PenstockError(f"{path}: no such file")
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else []
        found = [(p.relative_to(path).as_posix(), p) for p in inside] or [(path.name, path)]
        for name, source in found:
            if path.is_dir() and not dataset.accepts(name):
                continue
            dataset.format_of(name)
            if name in seen:
                raise PenstockError(f"{source}: two files would land as {name}; load them in turn")
            seen.add(name)
            yield name, source


def _on_the_way(dataset: Dataset, paths: frozenset[str] | set[str]) -> bool:
    if any((landing.folder(dataset) / path).exists() for path in paths):
        return True
    with connect("reader") as connection:
        return bool(ledger.files_in(connection, dataset.name, "registered", "claimed", "loading"))


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

"""`penstock check`: validate files without loading them, and show the results."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from penstock import datasets
from penstock.cli import show
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError, faults

if TYPE_CHECKING:
    from penstock.check import Report


def check(dataset: str | None, paths: Sequence[Path], quiet: bool) -> "list[Report]":
    """A report for each file of `paths`, and for each file of `dataset` in the folders of `paths`.

    Raises:
        PenstockError: a path does not exist, or the dataset of a file is not clear.
    """
    from penstock.check import check_all, dataset_for

    declared = datasets.get(dataset) if dataset else None
    reports: list[Report] = []
    for name, place in list(_files(declared, paths)):
        with _progress(quiet) as progress:
            bar = progress.add_task(f"checking {name}", total=None)

            def update(done: int, size: int) -> None:
                progress.update(bar, completed=done, total=size)  # noqa: B023 - only called in this iteration

            reports += check_all(declared or dataset_for(place), name, place, update)
    return reports


def show_reports(reports: "Sequence[Report]", as_json: bool) -> None:
    """Print the reports."""
    if as_json:
        print(json.dumps([report.as_dict() for report in reports], indent=2))  # noqa: T201
        return
    for report in reports:
        show.line(f"{report.path}, as {report.dataset}: {report.summary}")
        for note in report.notes:
            show.line(f"note: {note}")
        if report.reasons:
            show.rows([*_examples(report)], as_json=False)


def _examples(report: "Report") -> Iterator[dict[str, Any]]:
    for reason in report.reasons:
        for example in reason.examples:
            yield {"line": example.line, "reason": example.reason, "raw": example.raw}
        if more := reason.records - len(reason.examples):
            yield {"line": None, "reason": f"{reason.kind}: {more:,} more", "raw": None}


def write_page(reports: "Sequence[Report]", target: Path) -> None:
    """Write the reports as one HTML page."""
    from penstock.check import page

    with faults.at(target):
        target.write_text(page(reports), encoding="utf-8")


def _files(dataset: Dataset | None, paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield each file, with the path that it would have in the landing folder."""
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file())
            found = [(p.relative_to(path).as_posix(), p) for p in inside]
            yield from (f for f in found if dataset is None or dataset.accepts(f[0]))
        elif path.exists():
            yield path.name, path
        else:
            raise PenstockError(f"{path}: no such file")


def _progress(quiet: bool) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )

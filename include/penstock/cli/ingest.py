"""`penstock load`: land files, or take those that wait, and load them in this process."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock import datasets, ledger
from penstock.arrivals import mirror_folder
from penstock.cli.progress import Screen
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.files import landing
from penstock.files.names import readable
from penstock.warehouse import connect

if TYPE_CHECKING:
    from penstock.stations.run import Paths

_ALL = 10_000_000  # more files than a ledger has
OnLeft = Callable[[str], object]
"""Called with a message for each file in a folder that is not taken."""


def load_files(
    dataset: Dataset, paths: Sequence[Path], quiet: bool, on_left: OnLeft
) -> list[dict[str, Any]]:
    """Land copies of `paths`, load and build them; returns the newest ledger entry of each.

    Files of datasets that share the folder (people and their images) land together.

    Raises:
        PenstockError: a path does not exist, the dataset does not take it, or two files would
            land with the same name.
        OSError: a file cannot be read; then no file lands.
    """
    together = datasets.landing_with(dataset)
    landed = _land(together, paths, on_left)
    _run(together, quiet, landed)
    return _newest(landed)


def load_landed(dataset: Dataset, path: str, quiet: bool) -> dict[str, Any]:
    """Load and build a file that is in the landing zone; returns its newest ledger entry."""
    _run(datasets.landing_with(dataset), quiet, {dataset.name: [path]})
    return _newest({dataset.name: [path]})[0]


def load_waiting(dataset: Dataset, quiet: bool) -> list[dict[str, Any]]:
    """Load and build the files in the landing zone; returns their ledger entries."""
    from penstock.stations.run import run_waiting

    with Screen(quiet=quiet) as screen:
        return run_waiting(datasets.landing_with(dataset), screen)


def finish(dataset: Dataset, quiet: bool) -> None:
    """Load and build the datasets that share the folder of `dataset`, until all is done."""
    _run(datasets.landing_with(dataset), quiet, {})


def check_nothing_waits(dataset: Dataset) -> None:
    """Check that no file waits after a fault, in any dataset that shares the folder of `dataset`.

    Raises:
        HostFault: a file waits; the message names the fault and how to fix it.
    """
    from penstock.stations.run import check

    check(datasets.landing_with(dataset))


def _run(together: Sequence[Dataset], quiet: bool, landed: "Paths") -> None:
    from penstock.stations.run import run

    with Screen(quiet=quiet) as screen:
        run(together, screen, landed)


def _newest(landed: "Paths") -> list[dict[str, Any]]:
    with connect("reader") as connection:
        entries = [
            entry
            for name, of_dataset in landed.items()
            for entry in ledger.list_files(connection, name, _ALL, of_dataset)
        ]
    newest = {(entry["dataset"], entry["path"]): entry for entry in reversed(entries)}
    return [newest[name, path] for name, of_dataset in landed.items() for path in of_dataset]


def _land(
    together: Sequence[Dataset], paths: Sequence[Path], on_left: OnLeft
) -> dict[str, list[str]]:
    """Copy files into the landing folder; returns the new paths of each dataset."""
    for dataset in together:
        if dataset.mirror:
            mirror_folder.set_up(dataset)  # raises if it is not mounted: nothing may land then
    landed: dict[str, list[str]] = {}
    sources = list(_sources(together, paths, on_left))
    for _, _, source in sources:  # if one cannot be read, none lands
        source.open("rb").close()
    for dataset, name, source in sources:
        with landing.draft(dataset, name, settled=True) as draft:
            shutil.copyfile(source, draft)
        landed.setdefault(dataset.name, []).append(name)
    return landed


def _sources(
    together: Sequence[Dataset], paths: Sequence[Path], on_left: OnLeft
) -> Iterator[tuple[Dataset, str, Path]]:
    """Yield the dataset, the path in the landing folder, and the source of each file."""
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
            yield dataset, readable(name), source


def _found(path: Path) -> Iterator[tuple[str, Path]]:
    """Yield a file, or all files of a folder: the path in the landing folder, and the source.

    Raises:
        PenstockError: the path does not exist.
        OSError: a folder cannot be read.
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

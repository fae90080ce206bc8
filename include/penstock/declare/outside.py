"""Datasets declared outside the package, so that Penstock can be upgraded without a fork.

Each dataset is a folder with a `dataset.py`. Its dbt models are in `models/staging` and
`models/marts` of that folder, its samples in `samples`. Penstock looks for such folders in
PENSTOCK_DATASETS, and in packages that plugins name as an entry point of `penstock.datasets`.
"""

import sys
import traceback
from collections.abc import Collection, Iterator
from importlib import util
from importlib.metadata import entry_points
from pathlib import Path

from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError
from penstock.settings.checkout import ROOT

GROUP = "penstock.datasets"
PROJECT = ROOT / "dbt_project"


def find(own: str | None, broken: dict[str, str]) -> list[Path]:
    """The folders of datasets in the `:`-separated folders `own`, and in installed plugins.

    A plugin that cannot be imported is added to `broken`.
    """
    roots = [Path(place) for place in own.split(":")] if own else []
    for plugin in entry_points(group=GROUP):
        try:
            roots += [Path(place) for place in plugin.load().__path__]
        except Exception as error:  # a broken plugin does not stop the others
            broken[plugin.name] = describe(error)
    return [file.parent for root in roots for file in sorted(root.glob("*/dataset.py"))]


def read(
    folder: Path, others: Collection[str], other_folders: Collection[Path]
) -> dict[str, Dataset]:
    """The datasets that a folder declares, by name.

    Raises:
        PenstockError: it declares no dataset, a name is already used by one of the datasets
            `others`, or a model by our own project or one of the `other_folders`.
        Exception: any error that its code raises.
    """
    file = folder / "dataset.py"
    _check_private(file)
    name = f"penstock_datasets.{folder.name}"
    spec = util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PenstockError(f"{file}: no Python file")
    module = sys.modules[name] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = {d.name: d for d in vars(module).values() if isinstance(d, Dataset)}
    if not found:
        raise PenstockError(f"{file}: expected a Dataset, found none")
    if twice := found.keys() & set(others):
        raise PenstockError(f"{file}: {', '.join(sorted(twice))} is declared elsewhere, too")
    taken = {path.stem for place in (PROJECT, *other_folders) for path in models(place)}
    if twice := {path.stem for path in models(folder)} & taken:
        raise PenstockError(f"{folder}: there is a model {', '.join(sorted(twice))} elsewhere, too")
    return found


def models(folder: Path) -> Iterator[Path]:
    """The SQL of the models in a folder of a dataset, or in our own dbt project."""
    return (folder / "models").rglob("*.sql")


def describe(error: BaseException) -> str:
    """An error in one line, with the file and line that raised it."""
    if isinstance(error, PenstockError):
        return str(error)
    what = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) or not frames:  # the message has the file and line already
        return what
    return f"{frames[-1].filename}, line {frames[-1].lineno}: {what}"


def _check_private(file: Path) -> None:
    """Check that other users cannot change the code that we execute."""
    for path in (file, file.parent):
        if path.stat().st_mode & 0o002:
            raise PenstockError(
                f"{path}: everybody can write to it, and its code is executed: look through it, "
                f"then `chmod o-w {path}`"
            )

"""Finds the dataset of a file by its name and, if several take that, by its content."""

from pathlib import Path

from penstock import datasets
from penstock.check.check import judged
from penstock.declare.dataset import Dataset
from penstock.errors import PenstockError, RejectFile


class Unclear(PenstockError):
    """No dataset takes the file, or several do: the user must choose one."""

    exit_code = 2


def dataset_for(place: Path) -> Dataset:
    """The one dataset that takes the file at `place`.

    Raises:
        Unclear: no dataset takes the file, or several do; the message names them.
    """
    known = datasets.all_datasets().values()
    if any(dataset.unpacks(place.name) for dataset in known):
        raise Unclear(f"{place}: an archive of files of any dataset; say which with --dataset")
    named = [dataset for dataset in known if dataset.accepts(place.name)]
    if len(named) == 1:
        return named[0]
    if not named:
        raise Unclear(f"{place}: no dataset takes files of this name; say which with --dataset")
    why_not = {dataset.name: _why_not(dataset, place) for dataset in named}
    fitting = [dataset for dataset in named if why_not[dataset.name] is None]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(dataset.name for dataset in fitting)
        raise Unclear(f"{place}: a file of {names}; say which with --dataset")
    faults = "".join(f"\n  {name}: {why}" for name, why in why_not.items())
    raise Unclear(f"{place}: no dataset takes it; say with --dataset which is meant{faults}")


def _why_not(dataset: Dataset, place: Path) -> str | None:
    """Why the header or the first block do not fit `dataset`; None if they do."""
    notes: list[str] = []
    try:
        first = next(judged(dataset, place.name, place, notes, lambda *_: None), None)
    except RejectFile as error:
        return str(error)
    if first is None or first.verdict.good.any():
        return None
    return f"line {first.refused[0].line}: {first.refused[0].reasons[0]}" if first.refused else None

"""A kind of file, small, and what must become of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.declare.dataset import Dataset

Row = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of a table in `docs/files.md`.

    `kind` and `does` are its cells: what the file is, and what Penstock does with it. `data` is
    the content of the file called `name`, which is held against `dataset`. `rows` are all good
    rows: their values in these `columns`, else in all of the dataset. `refused` says which line is
    refused, with a part of its reasons. Or the whole file is `rejected`, for a reason that holds
    this text. Each of `notes` is a part of a note on the file.
    """

    kind: str
    does: str
    name: str
    data: bytes | Callable[[], bytes]
    dataset: Dataset
    rows: Sequence[Row] = ()
    columns: Sequence[str] | None = None
    refused: Mapping[int, str] = field(default_factory=dict)
    rejected: str | None = None
    notes: Sequence[str] = ()

    @property
    def content(self) -> bytes:
        """What the file holds."""
        return self.data if isinstance(self.data, bytes) else self.data()

    def write(self, folder: Path) -> Path:
        """The file, written below `folder`."""
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content)
        return path

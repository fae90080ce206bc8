"""What a dataset is: one kind of file, declared once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal, Protocol

from penstock.columns import Column
from penstock.errors import PenstockError
from penstock.expectations import Expectation

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")


class Format(Protocol):
    """How the bytes of a file become rows; the implementations are in `penstock.formats`."""

    @property
    def quote(self) -> bytes:
        """The byte between a pair of which a newline ends no record; b"" where there is none."""

    @property
    def separator(self) -> str | None:
        """What stands between fields, where something does."""

    @property
    def strip(self) -> bool:
        """Whether blanks around fields are dropped."""

    @property
    def has_header(self) -> bool:
        """Whether the first record names the columns."""


@dataclass(frozen=True)
class Dataset:
    """One kind of file: which files, how they are read, what a good row is, what becomes of it.

    `files` are glob patterns on the path below `landing/<name>/`. `versions` says what new content
    under a known path does to the rows of the old: "replace" retracts them, "add" keeps them.
    `reject_when_bad` is the share of refused rows above which the whole file is refused.
    """

    name: str
    description: str
    files: tuple[str, ...]
    format: Format
    columns: tuple[Column, ...]
    expectations: tuple[Expectation, ...] = ()
    versions: Literal["replace", "add"] = "replace"
    reject_when_bad: float = 0.5
    owner: str = "data-engineering"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PenstockError(
                f"dataset name {self.name!r}: expected lower case letters, digits and _, at most 48"
            )
        for fault in self._faults():
            raise PenstockError(f"dataset {self.name}: {fault}")

    def _faults(self) -> Iterator[str]:
        names = [column.name for column in self.columns]
        if not names:
            yield "columns: expected at least one"
        if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
            yield f"column names must be distinct, of a-z, 0-9 and _: {names}"
        if isinstance(self.files, str) or not self.files:
            yield "files: expected glob patterns such as ('*.csv',)"
        if not 0 <= self.reject_when_bad <= 1:
            yield f"reject_when_bad={self.reject_when_bad}: expected a share from 0 to 1"
        unknown = {e.column for e in self.expectations} - set(names)
        if unknown:
            yield f"expectations on unknown columns {unknown}"

    def accepts(self, path: str) -> bool:
        """Whether a file at `path` (relative to the dataset's landing folder) is one of ours."""
        parts = PurePosixPath(path).parts
        if any(p.startswith(".") for p in parts) or path.endswith((".part", ".tmp")):
            return False
        return any(fnmatchcase(path, f) or fnmatchcase(parts[-1], f) for f in self.files)

"""What a dataset is: one kind of file, declared once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal, Protocol

from penstock.columns import Column, Derived, normalised
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

    `files` maps glob patterns on the path below the landing folder to the format of such files; the
    first that fits counts. `folder` is that folder's name, else the dataset's own: datasets whose
    patterns do not meet can share one. `versions` says what new content
    under a known path does to the rows of the old: "replace" retracts them, "add" keeps them.
    `reject_when_bad` is the share of refused rows above which the whole file is refused.
    """

    name: str
    description: str
    files: Mapping[str, Format] = field(hash=False)
    columns: tuple[Column, ...]
    expectations: tuple[Expectation, ...] = ()
    versions: Literal["replace", "add"] = "replace"
    reject_when_bad: float = 0.5
    folder: str = ""
    owner: str = "data-engineering"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PenstockError(
                f"dataset name {self.name!r}: expected lower case letters, digits and _, at most 48"
            )
        if not self.folder:
            object.__setattr__(self, "folder", self.name)
        for fault in self._faults():
            raise PenstockError(f"dataset {self.name}: {fault}")

    def _faults(self) -> Iterator[str]:
        names = [column.name for column in self.columns]
        if not names:
            yield "columns: expected at least one"
        if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
            yield f"column names must be distinct, of a-z, 0-9 and _: {names}"
        elif len(set(map(normalised, names))) != len(names):
            yield f"column names must differ in more than case and _: {names}"
        if not isinstance(self.files, Mapping) or not self.files:
            yield 'files: expected glob patterns and their formats, such as {"*.csv": Csv()}'
        if not _NAME.fullmatch(self.folder):
            yield f"folder {self.folder!r}: expected a name of lower case letters, digits and _"
        if not 0 <= self.reject_when_bad <= 1:
            yield f"reject_when_bad={self.reject_when_bad}: expected a share from 0 to 1"
        unknown = {e.column for e in self.expectations} - set(names)
        if unknown:
            yield f"expectations on unknown columns {unknown}"
        held = {column.name for column in self.file_columns}
        for column in self.columns:
            if isinstance(column, Derived) and column.source not in held:
                yield f"column {column.name}: derived from {column.source!r}, which no file holds"

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """The columns that a file holds: all but those derived from others."""
        return tuple(column for column in self.columns if not isinstance(column, Derived))

    def accepts(self, path: str) -> bool:
        """Whether a file at `path` (relative to the dataset's landing folder) is one of ours."""
        parts = PurePosixPath(path).parts
        if any(p.startswith(".") for p in parts) or path.endswith((".part", ".tmp")):
            return False
        return self._pattern_of(path) is not None

    def format_of(self, path: str) -> Format:
        """How the file at `path` is read.

        Raises:
            PenstockError: it is none of ours.
        """
        pattern = self._pattern_of(path)
        if pattern is None:
            expected = " or ".join(self.files)
            raise PenstockError(f"{path}: {self.name} takes files named {expected}")
        return self.files[pattern]

    def _pattern_of(self, path: str) -> str | None:
        name = PurePosixPath(path).name
        fits = (f for f in self.files if fnmatchcase(path, f) or fnmatchcase(name, f))
        return next(fits, None)

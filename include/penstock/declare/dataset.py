"""A dataset: one kind of file, declared once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, get_args

from penstock.declare.columns import Column, Derived
from penstock.declare.expectations import Expectation
from penstock.declare.formats import Format
from penstock.declare.suffixes import plain_name
from penstock.errors import PenstockError

if TYPE_CHECKING:
    from pandas import DataFrame

Versions = Literal["replace", "add", "append"]
LONGEST_NAME = 48
_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}")
NAME = "{name}"
"""The placeholder for a file's name in a `done_marker`."""
UNFINISHED = (".part", ".tmp")
"""The suffixes of files that are not complete yet."""


@dataclass(frozen=True)
class Dataset:
    """One kind of file: its names, its formats, its columns and the rules for its rows.

    `files` maps glob patterns on the path below the landing folder to formats; the first pattern
    that matches wins. Case does not matter, nor does the suffix of a compression: `*.csv` takes
    `A.CSV.GZ`. `folder` is the name of the landing folder, by default the dataset's; datasets may
    share a folder if no path matches both. A file is complete once it has not changed for
    `settle_seconds` (by default as in the settings) and its `done_marker` exists, if one is
    declared: a name such as `_SUCCESS`, `{name}.done` or, with the file's checksum in it,
    `{name}.sha256`.

    The files of a `mirror` stay in the folder, and deleting a file deletes its rows. If more than
    the share `hold_when_gone` of 10 or more files is gone at once, a person must approve that. The
    regex `path_pattern` must match the whole path without the suffix of a compression; each named
    group is the text of the column of that name in every row of the file.

    `versions` says what new content at a known path does with the old rows: "replace" retracts
    them, "add" and "append" keep them; "append" loads only the records after the old content.
    `encoding` applies to files that are not UTF-8 and have no byte order mark. If more than the
    share `reject_when_bad` of rows is refused, the whole file is rejected. `prepare` changes the
    rows of each block before the checks: it takes and returns a frame of text, indexed by the lines
    of the file; see `penstock.validate.prepare`. `unknown_columns` says what happens to fields
    without a declared column: "report" notes them on the file, "keep" keeps them as JSON in
    `_extra`, "reject" rejects the file. `expected_every` is the longest time between two arrivals
    of files: after it, the overview and the daily checks report the dataset as late.

    Raises:
        PenstockError: the declaration is invalid; the message names the dataset and the fault.
    """

    name: str
    description: str
    files: Mapping[str, Format] = field(hash=False)
    columns: tuple[Column, ...]
    expectations: tuple[Expectation, ...] = ()
    versions: Versions = "replace"
    reject_when_bad: float = 0.5
    folder: str = ""
    mirror: bool = False
    hold_when_gone: float = 0.5
    settle_seconds: float | None = None
    done_marker: str | None = None
    path_pattern: str | None = None
    unknown_columns: Literal["report", "keep", "reject"] = "report"
    encoding: str | None = None
    prepare: "Callable[[DataFrame], DataFrame] | None" = None
    owner: str = "data-engineering"
    expected_every: timedelta | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if not self.folder:
            object.__setattr__(self, "folder", self.name)
        if self.encoding is not None:
            _check_encoding(self.encoding)
        for fault in self._faults():
            raise PenstockError(f"dataset {self.name}: {fault}")

    def _faults(self) -> Iterator[str]:
        names = [column.name for column in self.columns]
        if not names:
            yield "columns: expected at least one"
        if len(set(names)) != len(names) or not all(map(_NAME.fullmatch, names)):
            yield f"column names must be distinct, of a-z, 0-9 and _: {names}"
        elif len({column.key for column in self.columns}) != len(names):
            used = [c.name if c.header is None else c.header for c in self.columns]
            yield f"column names must differ in more than case and _: {used}"
        if not isinstance(self.files, Mapping) or not self.files:
            yield 'files: expected glob patterns and their formats, such as {"*.csv": Csv()}'
        if not _NAME.fullmatch(self.folder):
            yield f"folder {self.folder!r}: expected a name of lower case letters, digits and _"
        if not 0 <= self.reject_when_bad <= 1:
            yield f"reject_when_bad={self.reject_when_bad}: expected a share from 0 to 1"
        yield from self._faults_of_arrival()
        if self.unknown_columns not in ("report", "keep", "reject"):
            policy = f"unknown_columns={self.unknown_columns!r}"
            yield f"{policy}: expected 'report', 'keep' or 'reject'"
        unknown = {e.column for e in self.expectations} - set(names)
        if unknown:
            yield f"expectations on unknown columns {unknown}"
        yield from self._faults_of_sources(set(names))

    def _faults_of_arrival(self) -> Iterator[str]:
        """Faults in the options of arrival, versions and mirrors."""
        if self.versions not in get_args(Versions):
            yield f"versions={self.versions!r}: expected one of {', '.join(get_args(Versions))}"
        whole = [f for f, form in self.files.items() if form.is_table]
        if self.versions == "append" and whole:
            yield f'versions="append": nothing can be appended to files named {", ".join(whole)}'
        if self.mirror and self.versions != "replace":
            yield 'mirror: the rows of a file that is gone are too, so versions must be "replace"'
        if self.mirror and self.done_marker:
            yield "done_marker: a mirror's files stay where they are, and so would their markers"
        if not 0 <= self.hold_when_gone <= 1:
            yield f"hold_when_gone={self.hold_when_gone}: expected a share from 0 to 1"
        if self.settle_seconds is not None and self.settle_seconds < 0:
            yield f"settle_seconds={self.settle_seconds}: expected a number of seconds"
        marker = self.done_marker
        if marker is not None and (marker in ("", NAME) or "/" in marker or "*" in marker):
            yield f"done_marker {marker!r}: expected a name such as _SUCCESS or {NAME}.done"
        every = self.expected_every
        if every is not None and not (isinstance(every, timedelta) and every > timedelta(0)):
            yield f"expected_every={every!r}: expected a length of time such as timedelta(days=1)"

    def _faults_of_sources(self, names: set[str]) -> Iterator[str]:
        """Faults in the sources of columns: the path, the format, other columns."""
        try:
            of_path = set(self.path_columns)
        except re.error as error:
            yield f"path_pattern {self.path_pattern!r}: {error}"
            return
        if self.path_pattern and (not of_path or of_path - names):
            yield f"path_pattern: expected named groups for columns, found {sorted(of_path)}"
        held = {column.name for column in self.file_columns}
        for pattern, form in self.files.items():
            if form.gives is not None and (lacking := held - set(form.gives)):
                given = ", ".join(form.gives)
                yield f"files {pattern!r} give {given}, but not {', '.join(sorted(lacking))}"
        for column in self.columns:
            if isinstance(column, Derived) and column.source not in held | of_path:
                yield f"column {column.name}: derived from {column.source!r}, which no file holds"

    @property
    def path_columns(self) -> tuple[str, ...]:
        """The names of the columns that come from a file's path."""
        return tuple(re.compile(self.path_pattern).groupindex) if self.path_pattern else ()

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """The columns in the content of a file: those not from its path and not derived."""
        elsewhere = self.path_columns
        return tuple(
            column
            for column in self.columns
            if not isinstance(column, Derived) and column.name not in elsewhere
        )

    @property
    def may_lack(self) -> tuple[str, ...]:
        """The columns that a row may lack; to lack one is not the same as to have it empty."""
        if self.prepare is not None:  # it may fill any column
            return ()
        return tuple(c.name for c in self.file_columns if c.may_lack)

    def path_values(self, path: str) -> dict[str, str] | None:
        """The text of each column that comes from `path`; None if the pattern does not match."""
        found = re.fullmatch(self.path_pattern or "(?s:.*)", plain_name(path))
        return found and found.groupdict("")

    def accepts(self, path: str) -> bool:
        """Whether a file at `path`, relative to the landing folder, belongs to the dataset."""
        if path.startswith(".") or "/." in path or path.endswith(UNFINISHED):
            return False
        if self.is_marker(path.rpartition("/")[2]):
            return False
        return self._pattern_of(path) is not None or self.unpacks(path)

    def unpacks(self, path: str) -> bool:
        """Whether the file at `path` is an archive whose members are loaded one by one."""
        is_zip = path.lower().endswith(".zip") and self._pattern_of(path) is None
        return is_zip and not self.mirror

    @property
    def takes(self) -> str:
        """Which files the dataset takes, as a message."""
        return f"{self.name} takes files named {' or '.join(self.files)}"

    def format_of(self, path: str) -> Format:
        """The format of the file at `path`.

        Raises:
            PenstockError: the dataset does not take the file.
        """
        pattern = self._pattern_of(path)
        if pattern is None:
            raise PenstockError(f"{path}: {self.takes}")
        return self.files[pattern]

    def is_marker(self, name: str) -> bool:
        """Whether a file with this name is a done-marker."""
        before, found, after = (self.done_marker or "").partition(NAME)
        if not found:
            return name == self.done_marker
        return name.startswith(before) and name.endswith(after)

    def _pattern_of(self, path: str) -> str | None:
        path = path.lower()
        return next((f for f in self.files if self._fits(path, f)), None)

    def _fits(self, path: str, pattern: str) -> bool:
        """Whether the lower-case `path`, or its last part, matches a pattern."""
        paths = {path, plain_name(path)} if self.files[pattern].has_content else {path}
        names = paths | {path.rpartition("/")[2] for path in paths}
        return any(fnmatchcase(name, pattern.lower()) for name in names)


def check_name(name: str) -> None:
    """Check the name of a dataset.

    Raises:
        PenstockError: the name is invalid.
    """
    if not _NAME.fullmatch(name):
        raise PenstockError(
            f"dataset name {name!r}: expected lower case letters, digits and _, at most "
            f"{LONGEST_NAME}"
        )


def _check_encoding(encoding: str) -> None:
    """Check that Python has a text encoding with this name.

    Raises:
        PenstockError: Python has no such encoding, or it does not encode text.
    """
    try:
        "".encode(encoding)
    except LookupError:
        raise PenstockError(
            f"encoding={encoding!r}: no such encoding; expected one such as 'cp1252', 'latin-1', "
            "'shift_jis' or 'utf-16-le'"
        ) from None

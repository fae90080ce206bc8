"""Infers a new dataset from sample files: format, columns, types and key."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from penstock.declare.columns import BigInteger, Column, Integer, Text, normalised
from penstock.declare.formats import Csv, Format, Json, JsonLines
from penstock.errors import PenstockError
from penstock.errors.display import excerpt
from penstock.formats.dialect import SEPARATORS
from penstock.formats.frames import arrow
from penstock.formats.parsed import Parsed, Refused, joined
from penstock.formats.scanned import Scan
from penstock.scaffold import sources
from penstock.scaffold.kinds import is_named_as_key, kind_of
from penstock.scaffold.sources import Sources
from penstock.scaffold.words import check_dataset, columns_of

_NO_RECORD = "expected at least one record, found none that can be read"
_KEPT = 20  # records that become the dataset's sample
_MOST_RECORDS = 1_000_000  # that are looked at


@dataclass(frozen=True)
class Field:
    """A column, its name in the sample, the reason for its type, and an example."""

    header: str
    column: Column
    why: str
    example: str


@dataclass(frozen=True)
class Sample:
    """What sample files hold. `lines` are a few of their good records as they stand in them.

    Each has `width` fields; `head` is what stands before the first record. `key` is the column
    whose value each record has for itself alone, if one looks like it was meant to; `count` is how
    many records were looked at, and `notes` what a person should know.
    """

    suffix: str
    form: Format
    encoding: str | None
    fields: tuple[Field, ...]
    key: str | None
    head: str
    lines: tuple[str, ...]
    width: int
    count: int
    notes: tuple[str, ...]

    @property
    def broken_record(self) -> str:
        """A record that is refused."""
        if not isinstance(self.form, Csv):
            return '"not an object"'
        separator = self.form.separator or SEPARATORS[0]
        return separator.join(["surplus"] * (self.width + 1))


def read(name: str, *paths: Path) -> Sample:
    """Read samples, files and folders of them, of the dataset `name` that is to be.

    Raises:
        PenstockError: the name or the files will not do; the message says why.
    """
    check_dataset(name)
    found = sources.find(paths)
    headers = found.headers()
    columns = _columns(headers, found.form)
    notes = list(found.notes)
    head, lines, frame = _records(found, headers, columns, notes)
    has_header = not isinstance(found.form, Csv) or found.form.header
    fields = tuple(_fields(headers, columns, frame, notes if has_header else None))
    if not has_header:
        notes.append("the first record is data: there is no header, columns go by their place")
    key = _key([field.column for field in fields], frame)
    return Sample(
        suffix=found.suffix,
        form=found.form,
        encoding=found.encoding,
        fields=fields,
        key=key,
        head=head,
        lines=lines,
        width=len(headers),
        count=len(frame),
        notes=tuple(notes),
    )


def _columns(headers: Sequence[str], form: Format) -> list[Column]:
    """Each column as optional text."""
    named = columns_of(headers)
    if isinstance(form, JsonLines | Json):
        for key, times in Counter(map(normalised, headers)).items():
            if times > 1:
                same = ", ".join(repr(h) for h in headers if normalised(h) == key)
                raise PenstockError(f"the keys {same} mean one column: expected one of them")
        # A key has no place: one that is blank is meant as it stands.
        pairs = zip(named, headers, strict=True)
        named = [(name, own if h.strip() else "") for (name, own), h in pairs]
    return [Text(name, required=False, header=own) for name, own in named]


def _records(
    found: Sources, headers: Sequence[str], columns: Sequence[Column], notes: list[str]
) -> tuple[str, tuple[str, ...], pd.DataFrame]:
    """What stands before the first record, some good ones as they stand, and all as a frame."""
    head = ""
    lines: list[str] = []
    blocks: list[Parsed] = []
    refused: list[tuple[Path, Refused]] = []
    for path, scan, block in found.blocks(columns):
        if not lines:
            head = _head(found, path, scan)
        lines += _lines(found.form, headers, block, _KEPT - len(lines))
        blocks.append(block)
        refused += [(path, each) for each in sorted(block.refused, key=lambda each: each.line)]
        if sum(len(each.lines) for each in blocks) > _MOST_RECORDS:
            notes.append(f"only the first {_MOST_RECORDS:,} records were looked at")
            break
    if refused:
        called = {column.name: header for header, column in zip(headers, columns, strict=True)}
        notes.append(_why_refused(refused, called))
    if not lines:
        raise PenstockError(notes[-1] if refused else f"{found.files[0]}: {_NO_RECORD}")
    return head, tuple(lines), joined(blocks)


def _why_refused(refused: Sequence[tuple[Path, Refused]], called: Mapping[str, str]) -> str:
    """The first record that cannot be read, and how many more there are."""
    (path, first), more = refused[0], len(refused) - 1
    column, colon, why = first.reasons[0].partition(": ")
    message = f"{path}: line {first.line}: {called.get(column, column)}{colon}{why}"
    return f"{message} (and {more:,} more such records)" if more else message


def _head(found: Sources, path: Path, scan: Scan) -> str:
    """The text before the first record, such as a header."""
    if not isinstance(found.form, Csv):
        return ""
    return found.head(path, scan.first_data_byte).decode().rstrip("\r\n")


def _lines(form: Format, headers: Sequence[str], block: Parsed, most: int) -> list[str]:
    """The first good records as they stand in the file; those of a table as JSON."""
    if not form.is_table:
        return [block.raw(line).rstrip("\r\n") for line in block.lines[:most]]
    rows = block.frame.head(most).itertuples(index=False)
    return [json.dumps(dict(zip(headers, row, strict=True)), ensure_ascii=False) for row in rows]


def _fields(
    headers: Sequence[str],
    columns: Sequence[Column],
    frame: pd.DataFrame,
    notes: list[str] | None,
) -> Iterator[Field]:
    """The columns with their kinds; one that has neither name nor value is none, which is noted.

    Without `notes`, when columns go by their place, it is one.
    """
    for header, column in zip(headers, columns, strict=True):
        texts = arrow(frame[column.name])
        kind, why = kind_of(column.name, column.header, texts)
        example = next((text for text in frame[column.name] if text), "")
        is_nameless = header == column.name and header.startswith("column_")
        if notes is not None and is_nameless and not example:
            notes.append(f"a column has neither a name nor a value: {column.name} is left out")
            continue
        yield Field(header, kind, why, excerpt(example))


def _key(columns: Sequence[Column], frame: pd.DataFrame) -> str | None:
    """A unique column with a name that is usual for a key."""
    for column in columns:
        fits = column.required and isinstance(column, Text | Integer | BigInteger)
        if is_named_as_key(column.name) and fits and frame[column.name].is_unique:
            return column.name
    return None

"""What a sample file says of its kind: format, columns, types, key; read by our own parsers."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from penstock import content, header
from penstock.columns import BigInteger, Column, Date, Integer, Text, Timestamp
from penstock.dataset import Dataset, Format
from penstock.errors import PenstockError, RejectFile
from penstock.formats import Csv, JsonLines
from penstock.formats.parse import parse
from penstock.formats.parsed import Parsed, joined
from penstock.frames import arrow
from penstock.scaffold.words import check_dataset, column_of
from penstock.scan import scan
from penstock.validate.cast import cast

_FORMATS: dict[str, Format] = {
    ".csv": Csv(),
    ".tsv": Csv(separator="\t"),
    ".jsonl": JsonLines(),
}
_KEPT = 20  # records that become the dataset's sample
_NAMED_SO_BY_NATURE = {"id", "key", "code", "uuid"}


@dataclass(frozen=True)
class Field:
    """A column, and how the sample names it."""

    header: str
    column: Column


@dataclass(frozen=True)
class Sample:
    """What a sample file holds. `records` are a few of its good ones as they stand in it.

    `head` is what stands before the first record; `key` the column whose value each record has for
    itself alone, if one looks like it was meant to. `example` is one record as staging has it.
    """

    suffix: str
    form: Format
    fields: tuple[Field, ...]
    key: str | None
    head: str
    records: tuple[str, ...]
    example: dict[str, str | None]

    @property
    def broken_record(self) -> str:
        """A record that is refused."""
        if self.form.separator is None:
            return '["not", "an", "object"]'
        return self.form.separator.join(["surplus"] * (len(self.fields) + 1))


def read(name: str, path: Path) -> Sample:
    """Read a sample of the dataset `name` that is to be.

    Raises:
        PenstockError: the name or the file will not do; the message says why.
    """
    check_dataset(name)
    if not path.is_file():
        raise PenstockError(f"{path}: no such file")
    form = _FORMATS.get(path.suffix)
    if form is None:
        raise PenstockError(f"{path}: expected a file that ends in {', '.join(_FORMATS)}")
    try:
        headers = _headers(path, form)
        names = {header_: column_of(header_) for header_ in headers}
        texts, head, records = _rows(name, path, form, names)
    except (RejectFile, PenstockError) as error:
        raise PenstockError(f"{path}: {error}") from error
    fields = tuple(Field(h, _column(column, arrow(texts[column]))) for h, column in names.items())
    columns = [field.column for field in fields]
    example = {c.name: _staged(c, texts[c.name].iloc[0]) for c in columns}
    return Sample(path.suffix, form, fields, _key(columns, texts), head, records, example)


def _headers(path: Path, form: Format) -> list[str]:
    if isinstance(form, JsonLines):
        return _keys(path)
    with path.open("rb") as file:
        head = file.read(header.MOST_BYTES).removeprefix(content.BOM)
    content.check_is_text(head)
    names, _, _ = header.read(head, form.separator or ",", form.strip)
    return names


def _keys(path: Path) -> list[str]:
    """The keys of all objects in the order in which they are first seen."""
    keys: dict[str, None] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            keys |= dict.fromkeys(found)
    if not keys:
        raise PenstockError("expected a JSON object a line, found none")
    return list(keys)


def _rows(
    name: str, path: Path, form: Format, names: dict[str, str]
) -> tuple[pd.DataFrame, str, tuple[str, ...]]:
    """The good records as text by column; what stands before the first; a few as they stand."""
    columns = tuple(Text(column, required=False) for column in names.values())
    as_text = Dataset(name, "A sample.", {f"*{path.suffix}": form}, columns)
    found = scan(as_text, path.name, path, 0)
    data = path.read_bytes()
    every: list[Parsed] = []
    records: list[str] = []
    for block in found.blocks:
        part = data[block.first_byte : block.last_byte]
        parsed = parse(as_text, path.name, part, block.first_line, found.columns)
        every.append(parsed)
        wanted = parsed.lines[: _KEPT - len(records)]
        records += [parsed.raw(line).rstrip("\r\n") for line in wanted]
    if not records:
        raise PenstockError("expected at least one record, found none that can be read")
    head = data[: found.blocks[0].first_byte].removeprefix(content.BOM).decode().rstrip("\r\n")
    return joined(every), head, tuple(records)


def _column(name: str, texts: pa.ChunkedArray) -> Column:
    """The narrowest kind of column that every field fits; required when no field is empty."""
    filled = pc.not_equal(texts, "")
    required = bool(pc.all(filled).as_py())
    kinds = (
        Integer(name), BigInteger(name), Date(name), Timestamp(name), Timestamp(name, zone="UTC")
    )  # fmt: skip
    if pc.any(filled).as_py() and not _has_codes(texts):
        for kind in kinds:
            if not np.any(cast(kind, texts)[1]):
                return dataclasses.replace(kind, required=required)
    return Text(name, required=required)


def _staged(column: Column, text: str) -> str | None:
    """A field of staging, written as text."""
    return text if text or isinstance(column, Text) else None


def _has_codes(texts: pa.ChunkedArray) -> bool:
    """Whether a number would lose what makes it a code: 007 is not 7."""
    return bool(pc.any(pc.match_substring_regex(texts, r"^-?0[0-9]")).as_py())


def _key(columns: list[Column], texts: pd.DataFrame) -> str | None:
    """A column that tells records apart and is named as keys are."""
    for column in columns:
        named = column.name.rsplit("_", 1)[-1] in _NAMED_SO_BY_NATURE
        fits = column.required and isinstance(column, Text | Integer | BigInteger)
        if named and fits and texts[column.name].is_unique:
            return column.name
    return None

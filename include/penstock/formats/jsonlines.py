"""JSON lines: an object a line, with its values as text and its numbers as they are written.

It uses Python's own parser, which keeps the text of numbers and shows repeated keys.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from penstock.declare.columns import Array, Column, Json, normalised, paths
from penstock.declare.formats import EXTRA
from penstock.files import records
from penstock.formats.frames import Values
from penstock.formats.parsed import Parsed, RawText, Refused
from penstock.formats.reader import BlockContent
from penstock.formats.sieve import sieve
from penstock.formats.text import TextReader

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_HUGE = re.compile(r".{5000}|.*[eE][+-]?0*[1-9][0-9]{4}")
"""A number that may be too large for Postgres' NUMERIC, and so for jsonb."""


_TOO_DEEP = "not JSON: nested too deeply"
_NESTED: frozenset[type] = frozenset({dict, list})


Decode = Callable[[str], Any]


class _Number(str):
    """The text of a JSON number, so that it is not taken for a string.

    Python calls this for each number, which is slow: only for columns that keep JSON.
    """

    __slots__ = ()


class _NoRow(ValueError):
    """The reason why a line is refused."""


@dataclass(frozen=True)
class _Keys:
    """The keys of an object: for each column its key or None, and the `extra` keys.

    `absent` names the columns that a row with these keys lacks, as in `Parsed`.
    """

    columns: tuple[str | None, ...]
    extra: tuple[str, ...]
    absent: str | None


@dataclass
class _Rows:
    """The values, extra and absent columns of good lines, and the reasons of refused ones."""

    values: list[tuple[Any, ...]] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    absent: list[str | None] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class JsonLinesReader(TextReader):
    """Reads a JSON object a line."""

    def parse(self, block: BlockContent) -> Parsed:
        keep = self.dataset.unknown_columns == "keep"
        return parse(block.data, block.first_line, self.dataset.file_columns, keep)


def parse(block: bytes, first_line: int, columns: Sequence[Column], keep_extra: bool) -> Parsed:
    """The rows of `block`; keys match the names of columns whatever their case and underscores.

    A missing key and null are an empty field; true and false become these words. With `keep_extra`
    the rows have another column: a JSON object with the keys that match no column.
    """
    found = records.find(block, first_line)
    count = len(found)
    _, found, refused = sieve(block, found)
    spans = zip(found.starts.tolist(), found.ends.tolist(), strict=True)
    rows = _read((str(block[start:end], "utf-8") for start, end in spans), columns, keep_extra)
    raw = RawText(block, found)
    refused += [
        Refused(line, raw(line), [why])
        for line, why in zip(found.lines[[*rows.wrong]].tolist(), rows.wrong.values(), strict=True)
    ]
    fields = _fields(rows, columns)
    if keep_extra:
        fields[EXTRA] = pa.array(rows.extra, pa.string())
    lines = np.delete(found.lines, [*rows.wrong])
    absent = pa.array(rows.absent, pa.string()) if any(rows.absent) else None
    return Parsed(fields, lines, raw, count, refused, rows.unknown, absent)


def _read(lines: Iterator[str], columns: Sequence[Column], keep_extra: bool) -> _Rows:
    rows = _Rows()
    whole = [isinstance(column, Json | Array) for column in columns]
    decode = _decoder(_Number if keep_extra or any(whole) else str)
    known: dict[tuple[str, ...], _Keys] = {}
    nested = frozenset(paths(columns))
    for number, line in enumerate(lines):
        try:
            found = _object(decode, line)
            if nested:
                found = _flattened(found, nested)
            names = tuple(found)
            keys = known.get(names) or known.setdefault(names, _keys(names, columns))
            values = tuple([found[key] if key is not None else None for key in keys.columns])
            if any(whole):
                values = tuple(map(_as_kept, values, columns))
            _check_single(values, columns)
            extra = _as_json({key: found[key] for key in keys.extra}) if keep_extra else ""
        except _NoRow as why:
            rows.wrong[number] = str(why)
        else:
            rows.values.append(values)
            rows.extra.append(extra)
            rows.absent.append(keys.absent)
    if not keep_extra:
        rows.unknown = tuple(dict.fromkeys(key for keys in known.values() for key in keys.extra))
    return rows


def canonical(text: str) -> str:
    """A JSON value as text that Postgres' jsonb takes, each number as it was written.

    Raises:
        ValueError: the text is not JSON, a key repeats, or jsonb cannot hold a number or character.
    """
    return _as_json(value_of(text))


def value_of(text: str) -> Any:
    """The value of JSON text, with each number as its text.

    Raises:
        ValueError: the text is not JSON, a key repeats, or Postgres cannot hold a character.
    """
    return _decoded(_decoder(_Number), text)


def _object(decode: Decode, line: str) -> dict[str, Any]:
    found = _decoded(decode, line)
    if type(found) is not dict:
        raise _NoRow(f"expected a JSON object, found {_kind(found)}")
    return found


def _decoded(decode: Decode, line: str) -> Any:
    try:
        found = decode(line)
        if "\\u" in line:
            _check_characters(found)
    except json.JSONDecodeError as error:
        raise _NoRow(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise _NoRow(_TOO_DEEP) from None
    return found


def _flattened(found: dict[str, Any], nested: frozenset[str], within: str = "") -> dict[str, Any]:
    """`found` with the objects at `nested` taken apart: `user.id` of `{"user": {"id": 1}}`.

    So are arrays: the first value of `tags` is `tags.0`.
    """
    parts: dict[str, Any] = {}
    for key, value in found.items():
        name = within + key
        if name in nested and type(value) is list:
            value = {str(place): item for place, item in enumerate(value)}
        if name in nested and type(value) is dict:
            parts |= _flattened(value, nested, f"{name}.")
        elif name in nested and value is not None:
            raise _NoRow(f"{name}: {_kind(value)}, expected an object or array")
        elif name not in nested:
            parts[name] = value
    return parts


def _as_kept(value: Any, column: Column) -> Any:
    """The value as JSON text, if the column keeps JSON or arrays; else the value."""
    is_whole = isinstance(column, Json) or (isinstance(column, Array) and type(value) is list)
    return _as_json(value) if is_whole and value is not None else value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NoRow(f"key {twice!r} appears more than once")
    return found


def _no_constant(name: str) -> None:
    raise _NoRow(f"not JSON: {name} is no number")


def _decoder(number: type[str]) -> Decode:
    return json.JSONDecoder(
        object_pairs_hook=_unique,
        parse_int=number,
        parse_float=number,
        parse_constant=_no_constant,
    ).decode


def _check_characters(found: Any) -> None:
    """Refuse characters that `\\u` can write but Postgres cannot hold."""
    text = json.dumps(found, ensure_ascii=False)
    if _NUL.search(text):
        raise _NoRow("holds a NUL character: expected text")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _NoRow("holds half a character (a lone surrogate): expected text") from None


def _keys(found: Sequence[str], columns: Sequence[Column]) -> _Keys:
    means: dict[str, list[str]] = {}
    for key in found:
        means.setdefault(normalised(key), []).append(key)
    holding = [means.pop(column.key, []) for column in columns]
    for column, keys in zip(columns, holding, strict=True):
        if len(keys) > 1:
            raise _NoRow(f"column {column.name!r} appears more than once: {', '.join(keys)}")
    extra = [key for keys in means.values() for key in keys]
    pairs = zip(columns, holding, strict=True)
    absent = ",".join(c.name for c, keys in pairs if c.may_lack and not keys)
    held = tuple(keys[0] if keys else None for keys in holding)
    return _Keys(held, tuple(extra), absent or None)


def _check_single(values: tuple[Any, ...], columns: Sequence[Column]) -> None:
    if _NESTED.isdisjoint(map(type, values)):
        return
    for column, value in zip(columns, values, strict=True):
        if type(value) in _NESTED:
            raise _NoRow(f"{column.name}: {_kind(value)}, expected a single value")


def _kind(value: object) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "an array"
        case str():
            return "a single value"
    return _word(value)


def _word(value: Any) -> str:
    return {None: "null", True: "true", False: "false"}[value]


def _as_json(value: Any) -> str:
    """`value` as JSON text, each number still as it was written."""
    try:
        return _written(value)
    except RecursionError:
        raise _NoRow(_TOO_DEEP) from None


def _written(value: Any) -> str:
    match value:
        case _Number():
            if _HUGE.match(value):
                raise _NoRow("a number is too long to be kept")
            return value
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case dict():
            items = (f"{_written(key)}: {_written(held)}" for key, held in value.items())
            return f"{{{', '.join(items)}}}"
    return _word(value)


def _fields(rows: _Rows, columns: Sequence[Column]) -> dict[str, Values]:
    values = list(zip(*rows.values, strict=True)) or [()] * len(columns)
    texts = [pa.array(_as_text(column), pa.string()) for column in values]
    return {column.name: text for column, text in zip(columns, texts, strict=True)}


def _as_text(values: tuple[Any, ...]) -> Sequence[str]:
    if all(isinstance(value, str) for value in values):
        return values
    return [
        value if isinstance(value, str) else "" if value is None else _word(value)
        for value in values
    ]

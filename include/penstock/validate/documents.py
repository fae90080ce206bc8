"""JSON values and arrays: checked one by one, and sent to the server as text."""

import json
import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from penstock.declare.columns import Array, Boolean, Decimal, Integer, Json
from penstock.formats.jsonlines import canonical, value_of
from penstock.validate import numbers, words
from penstock.validate.fields import Cast, Texts, chunked

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ELEMENT = re.compile(rf"\s*({_QUOTED}|[^\s\"{{}},\\][^\"{{}},\\]*?)\s*(?:,|$)")


def json_value(_column: Json, text: Texts) -> Cast:
    """The text of a JSON value, with its numbers as they are written."""
    return _each(text, _canonical)


def array(column: Array, text: Texts) -> Cast:
    """A JSON array, or Postgres' `{a,b}`, in the notation of Postgres."""
    return _each(text, lambda field: _literal(column, field))


def _each(text: Texts, made: Callable[[str], str | None]) -> Cast:
    values = [made(field) if field else None for field in text.to_pylist()]
    failed = [bool(f) and v is None for f, v in zip(text.to_pylist(), values, strict=True)]
    return chunked(pa.array(values, pa.string())), np.array(failed, dtype=bool)


def _canonical(text: str) -> str | None:
    try:
        return canonical(text)
    except ValueError:
        return None


def _literal(column: Array, text: str) -> str | None:
    elements = _elements(text.strip())
    if elements is None or not _are(column, [e for e in elements if e is not None]):
        return None
    return "{" + ",".join("NULL" if e is None else _quoted(e) for e in elements) + "}"


def _elements(text: str) -> list[str | None] | None:
    """The elements of an array as text; None if the text is not an array, or one of arrays."""
    if text.startswith("["):
        return _of_json(text)
    if not (text.startswith("{") and text.endswith("}")):
        return None
    return _of_postgres(text[1:-1].strip())


def _of_json(text: str) -> list[str | None] | None:
    try:
        found = value_of(text)
    except ValueError:
        return None
    if any(isinstance(element, list | dict) for element in found):
        return None
    return [e if e is None or isinstance(e, str) else json.dumps(e) for e in found]


def _of_postgres(text: str) -> list[str | None] | None:
    elements: list[str | None] = []
    at = 0
    while at < len(text):
        found = _ELEMENT.match(text, at)
        if not found:
            return None
        element, at = found[1], found.end()
        if element.startswith('"'):
            elements.append(re.sub(r"\\(.)", r"\1", element[1:-1], flags=re.DOTALL))
        else:
            elements.append(None if element.upper() == "NULL" else element)
        if at == len(text) and text.endswith(","):
            return None
    return elements


def _are(column: Array, elements: list[str]) -> bool:
    """Whether each element is a value of the array's type."""
    text = pa.array(elements, pa.string())
    if column.of == "text" or not elements:
        return True
    kinds: dict[str, Callable[[], Cast]] = {
        "bigint": lambda: numbers.integer(Integer(column.name), text),
        "numeric": lambda: numbers.exact(Decimal(column.name), text),
        "boolean": lambda: words.boolean(Boolean(column.name), text),
    }
    return "" not in elements and not kinds[column.of]()[1].any()


def _quoted(element: str) -> str:
    return '"' + element.replace("\\", "\\\\").replace('"', '\\"') + '"'

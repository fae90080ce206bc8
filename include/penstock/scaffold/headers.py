"""Whether the first record of a CSV names its columns."""

import csv
import io
from itertools import islice

import pyarrow as pa

from penstock.declare.columns import Integer, Text
from penstock.declare.formats import Csv
from penstock.formats.dialect import SEPARATORS
from penstock.scaffold.kinds import kind_of

_LOOKED_AT = 50  # records


def looks_like_header(head: bytes, form: Csv) -> bool:
    """Whether the first record of `head` is a header: no date, time or the like, as those below.

    Whole numbers can be names, such as years. Only one that stands first, where numbers stand below
    it, and no other name beside it could be one, says that the record is data.
    """
    text = head.decode("utf-8", "replace")
    separator = form.separator or SEPARATORS[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
    first, *others = [record for record in islice(reader, _LOOKED_AT) if record] or [[]]
    others = [record for record in others if len(record) == len(first)]
    if not others:
        return True
    kinds = [_kinds(name, [record[n] for record in others]) for n, name in enumerate(first)]
    if any(of_name is of_rest and of_name not in (Text, Integer) for of_name, of_rest in kinds):
        return False
    is_number = [of_name is of_rest is Integer for of_name, of_rest in kinds]
    return not (is_number and is_number[0] and first[0] not in _YEARS)


def _kinds(name: str, below: list[str]) -> tuple[type, type]:
    """The kind of a name, and that of the fields below it."""
    return _kind([name]), _kind(below)


def _kind(texts: list[str]) -> type:
    return type(kind_of("a", None, pa.chunked_array([texts], pa.string()))[0])


_YEARS = frozenset(map(str, range(1900, 2100)))

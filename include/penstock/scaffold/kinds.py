"""Infers the type of a column from the fields of a sample."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Decimal,
    Integer,
    Text,
    Timestamp,
    Uuid,
)
from penstock.errors.display import excerpt
from penstock.validate.cast import cast

_LOOKED_AT = 100_000  # values, for words that mean true and false
_OF_KEYS = {"id", "key", "code", "uuid", "guid"}
_OF_IDS = _OF_KEYS | {"number", "no", "nr", "account", "card", "barcode", "iban"}
_LONG_ID = r"^-?[0-9]{16}"  # more digits than spreadsheets keep
_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_DECIMAL_COMMA = r"^-?[0-9]+(,[0-9]+)?$"
_MAYBE_THOUSANDS = r"^-?[0-9]{1,3}(,[0-9]{3})?$"
_PAIRS = ({"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"})
_LEADING_ZERO = r"^[+-]?0[0-9]"


def kind_of(name: str, header: str | None, texts: pa.ChunkedArray) -> tuple[Column, str]:
    """The narrowest type of column that fits all `texts`, and the reason for it."""
    filled = texts.filter(pc.not_equal(texts, ""))
    kind, why = _kind(name, filled) if len(filled) else (Text(name), "no record has a value")
    return dataclasses.replace(kind, required=len(filled) == len(texts), header=header), why


def _kind(name: str, texts: pa.ChunkedArray) -> tuple[Column, str]:
    if why := _why_code(name, texts):
        return Text(name), why
    for kind, why in [*_kinds(name), *_of_some(name, texts)]:
        if not np.any(cast(kind, texts)[1]):
            return kind, f"each value is {why}"
    return Text(name), f"values such as `{excerpt(texts[0].as_py())}`"


def is_named_as_key(name: str) -> bool:
    """Whether a column is named as what tells records apart."""
    return _last_word(name) in _OF_KEYS


def _last_word(name: str) -> str:
    return name.strip("_").rpartition("_")[2]


def _kinds(name: str) -> list[tuple[Column, str]]:
    return [
        (Integer(name), "a whole number"),
        (BigInteger(name), "a whole number, some of more than 64 bits"),
        (Date(name), "a date"),
        (Timestamp(name), "a time with its zone"),
        (Timestamp(name, zone="UTC"), "a time, some without a zone: UTC"),
    ]


def _of_some(name: str, texts: pa.ChunkedArray) -> list[tuple[Column, str]]:
    """Kinds that take more than people mean by them: only for texts that are plainly such."""
    words = {text.lower() for text in pc.unique(texts.slice(0, _LOOKED_AT)).to_pylist()}
    kinds: list[tuple[Column, str]] = []
    if _all(texts, _DECIMAL):
        kinds.append((Decimal(name), "an exact number"))
    if _all(texts, _DECIMAL_COMMA) and not _all(texts, _MAYBE_THOUSANDS):
        kinds.append((Decimal(name, decimal=","), "an exact number with a decimal comma"))
    if words <= {"true", "false"} or words in _PAIRS:
        kinds.append((Boolean(name), "true or false"))
    return [*kinds, (Uuid(name), "a UUID")]


def _all(texts: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py())


def _why_code(name: str, texts: pa.ChunkedArray) -> str:
    """Why digits are a code and no number, if they are: 007 is not 7."""
    zeros = pc.match_substring_regex(texts, _LEADING_ZERO)
    if pc.any(zeros).as_py():
        return f"`{excerpt(texts.filter(zeros)[0].as_py())}` would lose its zeros as a number"
    if _last_word(name) in _OF_IDS and pc.any(pc.match_substring_regex(texts, _LONG_ID)).as_py():
        return "an id of 16 digits or more is no quantity"
    return ""

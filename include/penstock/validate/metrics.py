"""Great Expectations' map metrics for frames on Arrow: the same verdicts, computed by pyarrow.

GX's own copy the whole frame to leave nulls out, and match `\\s` in Python. These see the whole
column and pass its nulls, which comes to the same. Importing the module registers them with GX
under the name of `ArrowExecutionEngine`; every other engine keeps its own.
"""

import re
import warnings
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)

from penstock.formats.frames import TEXT
from penstock.validate.engine import ArrowExecutionEngine

_SPACE = "\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What `\\s` means to Python, as the inside of a character class."""

_REGEX_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_ASCII_FLAG = re.compile(r"\(\?[a-zA-Z]*a")


class _ArrowMetric(ColumnMapMetricProvider):
    """A metric that judges nulls itself, so that GX need not copy the frame to drop them."""

    filter_column_isnull = False


class ArrowNotNull(_ArrowMetric):
    condition_metric_name = "column_values.nonnull"

    @column_condition_partial(engine=ArrowExecutionEngine)
    def _arrow(cls, column: pd.Series, **_: object) -> np.ndarray:  # noqa: N805 - GX passes the class
        return column.notna().to_numpy()


class ArrowMatchRegex(_ArrowMetric):
    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=ArrowExecutionEngine)
    def _arrow(cls, column: pd.Series, regex: str, **_: object) -> np.ndarray:  # noqa: N805
        return _contains(column, regex) | column.isna().to_numpy()


class ArrowNotMatchRegex(_ArrowMetric):
    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=ArrowExecutionEngine)
    def _arrow(cls, column: pd.Series, regex: str, **_: object) -> np.ndarray:  # noqa: N805
        return ~_contains(column, regex) | column.isna().to_numpy()


class ArrowLengthsBetween(_ArrowMetric):
    condition_metric_name = "column_values.value_length.between"
    condition_value_keys = ("min_value", "max_value", "strict_min", "strict_max")

    @column_condition_partial(engine=ArrowExecutionEngine)
    def _arrow(cls, column: pd.Series, **bounds: object) -> np.ndarray:  # noqa: N805
        return _between(_lengths(column, bounds), bounds) | column.isna().to_numpy()


class ArrowInSet(_ArrowMetric):
    condition_metric_name = "column_values.in_set"
    condition_value_keys = ("value_set",)

    @column_condition_partial(engine=ArrowExecutionEngine)
    def _arrow(cls, column: pd.Series, value_set: list[Any], **_: object) -> np.ndarray:  # noqa: N805
        members = [_like(column, value) for value in value_set]
        return column.isin(members).to_numpy(dtype=bool) | column.isna().to_numpy()


class ArrowBetween(_ArrowMetric):
    condition_metric_name = "column_values.between"
    condition_value_keys = ("min_value", "max_value", "strict_min", "strict_max")

    @column_condition_partial(engine=ArrowExecutionEngine)
    def _arrow(cls, column: pd.Series, **bounds: object) -> np.ndarray:  # noqa: N805
        typed = {key: _like(column, value) for key, value in bounds.items()}
        return _between(column, typed) | column.isna().to_numpy()


def _lengths(column: pd.Series, bounds: dict[str, Any]) -> pd.Series:
    """A length of each text that is in the bounds iff its number of characters is.

    A character is 1 to 4 bytes: where the number of bytes decides, characters are not counted.
    """
    text = pa.chunked_array(column.array.__arrow_array__())
    lengths = pc.fill_null(pc.binary_length(text), 0).to_numpy().astype(np.int64)
    low, high = bounds["min_value"] or 0, bounds["max_value"]
    is_open = lengths < 4 * (low + 1)
    if high is not None:
        is_open |= lengths >= high
    lengths[is_open] = pc.fill_null(pc.utf8_length(text.filter(pa.array(is_open))), 0).to_numpy()
    return pd.Series(lengths)


def _contains(column: pd.Series, regex: str) -> np.ndarray:
    """As GX does it: pandas matches by RE2 what RE2 and Python agree on, the rest in Python."""
    if regex == r"\S" and column.dtype == TEXT:
        return ~_is_blank(column)
    text = column.astype(str)
    # pandas warns of groups in a regex, which are fine here
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        return _found(text, regex).to_numpy(dtype=bool)


def _is_blank(column: pd.Series) -> np.ndarray:
    r"""What `\S` is mostly asked for, at a fifth of its cost; Arrow's spaces are Python's."""
    text = column.array.__arrow_array__()
    blank = pc.or_(pc.utf8_is_space(text), pc.equal(text, ""))
    mask: np.ndarray = pc.fill_null(blank, True).to_numpy()
    return mask


def _found(text: pd.Series, regex: str) -> pd.Series:
    try:
        return text.str.contains(spell_out_whitespace(regex))
    except pa.ArrowInvalid:  # syntax that only Python knows
        return text.astype(object).str.contains(regex, na=False)


def spell_out_whitespace(regex: str) -> str:
    r"""The same regex with each `\s` and `\S` outside a class as the characters Python means.

    RE2 means fewer of them, so pandas matches any regex that holds `\s` or `\S` in Python.
    """
    if _ASCII_FLAG.search(regex):
        return regex
    spelled = {r"\s": f"[{_SPACE}]", r"\S": f"[^{_SPACE}]"}
    return _REGEX_TOKEN.sub(lambda token: spelled.get(token[0], token[0]), regex)


def _like(column: pd.Series, value: object) -> object:
    """A declared value in the column's own type: times, days and decimals are declared as text."""
    if isinstance(value, str | float) and _is_decimal(column):
        return Decimal(str(value))  # GX makes "0.01" a float, whose shortest text is 0.01 again
    if not isinstance(value, str) or not isinstance(column.dtype, pd.ArrowDtype):
        return value
    if pa.types.is_date(column.dtype.pyarrow_dtype):
        return date.fromisoformat(value)
    return pd.to_datetime(value, utc=True) if column.dtype.kind == "M" else value


def _is_decimal(column: pd.Series) -> bool:
    if isinstance(column.dtype, pd.ArrowDtype):
        return bool(pa.types.is_decimal(column.dtype.pyarrow_dtype))
    first = column.first_valid_index()
    return first is not None and isinstance(column[first], Decimal)


def _between(values: pd.Series, bounds: dict[str, Any]) -> np.ndarray:
    inside = np.ones(len(values), dtype=bool)
    if (low := bounds["min_value"]) is not None:
        inside &= _mask(values > low if bounds["strict_min"] else values >= low)
    if (high := bounds["max_value"]) is not None:
        inside &= _mask(values < high if bounds["strict_max"] else values <= high)
    return inside


def _mask(verdicts: pd.Series) -> np.ndarray:
    if isinstance(verdicts.dtype, pd.ArrowDtype):
        return verdicts.to_numpy(dtype=bool, na_value=False)
    return verdicts.to_numpy(dtype=bool)

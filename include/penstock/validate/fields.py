"""Helpers for casts: masks of fields, and fields set to null."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Texts: TypeAlias = "pa.ChunkedArray | pa.Array"
Cast: TypeAlias = tuple[pa.ChunkedArray, np.ndarray]
"""The typed column, null where a field is empty or invalid; and which fields are invalid."""


def matches(text: Texts, pattern: str) -> pa.ChunkedArray:
    """Which fields a regex matches somewhere; null does not match."""
    return pc.fill_null(pc.match_substring_regex(text, pattern), False)


def between(values: Texts, low: int, high: int) -> pa.ChunkedArray:
    """Which values are within inclusive bounds; null is not."""
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.fill_null(inside, False)


def only(values: Texts, wanted: Texts) -> pa.ChunkedArray:
    """`values`, null where they are not wanted."""
    return pc.if_else(wanted, values, pa.scalar(None, values.type))


def is_filled(text: Texts) -> pa.ChunkedArray:
    """Which fields are not empty."""
    return pc.fill_null(pc.not_equal(text, ""), False)


def failed(text: Texts, passed: Texts) -> np.ndarray:
    """Which fields are not empty and did not pass."""
    wrong = pc.and_not(is_filled(text), pc.fill_null(passed, False))
    mask: np.ndarray = wrong.to_numpy(zero_copy_only=False)
    return mask


def chunked(values: Texts) -> pa.ChunkedArray:
    """`values` as a chunked array."""
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def rewritten(
    text: Texts, wanted: pa.ChunkedArray, function: Callable[[str], str | None]
) -> pa.ChunkedArray:
    """`text` with `function` applied to the wanted fields; slow, so only for few."""
    if not pc.any(wanted).as_py():
        return text
    made = [function(field) for field in text.filter(wanted).to_pylist()]
    return pc.replace_with_mask(_whole(text), _whole(wanted), pa.array(made, pa.string()))


def _whole(values: Texts) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values

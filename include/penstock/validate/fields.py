"""What every cast is made of: masks of fields, and fields that are left out."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Texts: TypeAlias = "pa.ChunkedArray | pa.Array"
Cast: TypeAlias = tuple[pa.ChunkedArray, np.ndarray]
"""The typed column, null where a field is empty or failed; and which fields failed."""


def matches(text: Texts, pattern: str) -> pa.ChunkedArray:
    """Which fields a regex is found in; null is not."""
    return pc.fill_null(pc.match_substring_regex(text, pattern), False)


def between(values: Texts, low: int, high: int) -> pa.ChunkedArray:
    """Which values are in the bounds, both included; null is not."""
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.fill_null(inside, False)


def only(values: Texts, wanted: Texts) -> pa.ChunkedArray:
    """`values`, null where they are not wanted."""
    return pc.if_else(wanted, values, pa.scalar(None, values.type))


def is_filled(text: Texts) -> pa.ChunkedArray:
    """Which fields hold something."""
    return pc.fill_null(pc.not_equal(text, ""), False)


def failed(text: Texts, passed: Texts) -> np.ndarray:
    """Which fields hold something that did not pass."""
    wrong = pc.and_not(is_filled(text), pc.fill_null(passed, False))
    mask: np.ndarray = wrong.to_numpy(zero_copy_only=False)
    return mask


def chunked(values: Texts) -> pa.ChunkedArray:
    """`values` in chunks, be it one."""
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def rewritten(
    text: Texts, wanted: pa.ChunkedArray, function: Callable[[str], str | None]
) -> pa.ChunkedArray:
    """`text` with what `function` makes of each wanted field; slow, so for the few."""
    if not pc.any(wanted).as_py():
        return text
    made = [function(field) for field in text.filter(wanted).to_pylist()]
    return pc.replace_with_mask(_whole(text), _whole(wanted), pa.array(made, pa.string()))


def _whole(values: Texts) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values

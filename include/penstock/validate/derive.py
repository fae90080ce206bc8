"""Derived columns, computed from columns of the file."""

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa
from pandas.arrays import ArrowExtensionArray

from penstock.declare.columns import Column, Derived
from penstock.formats.frames import arrow


def with_derived(columns: Iterable[Column], frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the derived ones of `columns` added."""
    derived = {c.name: _derive(c, frame[c.source]) for c in columns if isinstance(c, Derived)}
    return frame.assign(**derived) if derived else frame


def _derive(column: Derived, source: pd.Series) -> ArrowExtensionArray:
    encoded = arrow(source).combine_chunks().dictionary_encode()
    distinct = [column.function(text) for text in encoded.dictionary.to_pylist()]
    return ArrowExtensionArray(pa.array(distinct, pa.string()).take(encoded.indices))

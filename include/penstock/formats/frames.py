"""A block between the parser and the encoder: a pandas frame on Arrow's buffers.

The index holds the line of the file on which each row starts. Going from Arrow to pandas and back
copies nothing.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pandas.arrays import ArrowExtensionArray

Values: TypeAlias = "pa.Array | pa.ChunkedArray"

TEXT = pd.ArrowDtype(pa.string())
LINE = "_row"
"""The name of the index, and of the column of staging that it becomes."""


def frame_of(columns: Mapping[str, Values], lines: pd.Index | NDArray[np.int64]) -> pd.DataFrame:
    """A frame of Arrow columns; row `i` starts on line `lines[i]`."""
    arrays = {name: ArrowExtensionArray(values) for name, values in columns.items()}
    return pd.DataFrame(arrays, index=pd.Index(lines, name=LINE, copy=False), copy=False)


def arrow(column: pd.Series) -> pa.ChunkedArray:
    """The values of a column of `frame_of`."""
    return pa.chunked_array(column.array.__arrow_array__())


def table_of(frame: pd.DataFrame) -> pa.Table:
    """The columns of a frame, without its index."""
    return pa.table([pa.array(frame[name]) for name in frame], list(frame))


def only(frame: pd.DataFrame, wanted: NDArray[np.bool_]) -> pd.DataFrame:
    """The rows of a frame of `frame_of` that are wanted; Arrow filters texts faster than pandas."""
    mask = pa.array(wanted)
    return frame_of({str(n): arrow(frame[n]).filter(mask) for n in frame}, frame.index[wanted])

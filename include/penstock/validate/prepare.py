"""A dataset's own `prepare`, which changes the rows of a block before the checks.

It takes a frame of text with the columns of the file, indexed by the line on which each row starts,
and returns a frame with the same columns, whose rows keep their lines. Blocks are cut by bytes, so
a row must not depend on other rows, and a frame without rows must work.

No row is lost: rows that it drops, names in a `BadRows`, or that make it raise (found by trying
halves) are refused with a reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from penstock.declare.dataset import Dataset
from penstock.errors import BadRows, PenstockError, RejectFile
from penstock.formats.frames import TEXT, Values, arrow, frame_of
from penstock.formats.parsed import Parsed, Refused

DROPPED = "dropped by prepare"
_MOST_RAISES = 20_000  # in a block, so that the search takes seconds, not hours
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)

Prepare = Callable[[pd.DataFrame], pd.DataFrame]


class BrokenPrepare(Exception):
    """A `prepare` is wrong whatever the rows: its code must be corrected."""


def prepare(dataset: Dataset, parsed: Parsed) -> Parsed:
    """The rows that `dataset.prepare` makes of the block, and those that it refuses.

    Raises:
        BrokenPrepare: it fails without any row, or returns something else than these rows.
        RejectFile: it raises for very many rows.
    """
    if dataset.prepare is None or not len(parsed.lines):
        return parsed
    attempt, given = _Attempt(dataset.prepare), parsed.frame
    made = pd.concat([*attempt.run(given)] or [given.iloc[:0]])
    refused = [Refused(line, parsed.raw(line), [why]) for line, why in attempt.refused.items()]
    columns = {name: arrow(made[name]) for name in parsed.columns}
    lines = made.index.to_numpy(np.int64)
    return replace(parsed, columns=columns, lines=lines, refused=[*parsed.refused, *refused])


@dataclass
class _Attempt:
    """A run of `function` on one block, with the reasons of refused lines."""

    function: Prepare
    refused: dict[int, str] = field(default_factory=dict)
    raised: int = 0

    def run(self, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """The prepared rows of `frame`, in pieces if some rows make it raise."""
        if frame.empty:
            return
        try:
            made = self.function(frame.copy(deep=False))
        except BadRows as bad:
            here = {line: why for line, why in bad.reasons.items() if line in frame.index}
            yield from self._without(frame, here, bad)
        except (PenstockError, OSError, MemoryError):
            raise  # not because of a row
        except Exception as error:
            yield from self._without(frame, {}, error)
        else:
            text = _as_text(made, frame)
            self.refused |= dict.fromkeys(frame.index.difference(text.index).tolist(), DROPPED)
            yield text

    def _without(
        self, frame: pd.DataFrame, bad: dict[int, str], error: Exception
    ) -> Iterator[pd.DataFrame]:
        """Refuse the known bad rows, and try each half of the others."""
        self.raised += 1
        if self.raised == 1:
            self._try_without_rows(frame)
        if self.raised > _MOST_RAISES:
            raise RejectFile(
                f"prepare raises for too many rows, the last time {_in_one_line(error)}"
            )
        if len(frame) == 1 and not bad:
            bad = {int(frame.index[0]): f"prepare: {_in_one_line(error)}"}
        self.refused |= bad
        rest = frame.drop(index=list(bad))
        middle = len(rest) // 2
        yield from self.run(rest.iloc[:middle])
        yield from self.run(rest.iloc[middle:])

    def _try_without_rows(self, frame: pd.DataFrame) -> None:
        try:
            self.function(frame.iloc[:0])
        except (PenstockError, OSError, MemoryError):
            raise
        except Exception as error:
            raise BrokenPrepare(f"prepare fails without any row: {_in_one_line(error)}") from error


def _in_one_line(error: Exception) -> str:
    message = " ".join(str(error).split())[:500]
    return type(error).__name__ + f": {message}" * bool(message)


def _as_text(made: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """The columns of `given` in `made`, as text."""
    if not isinstance(made, pd.DataFrame):
        raise BrokenPrepare(f"prepare gives a {type(made).__name__}: expected a DataFrame")
    if lacking := [str(name) for name in given if name not in made]:
        raise BrokenPrepare(f"prepare gives no column {', '.join(lacking)}")
    if not made.index.is_unique or not made.index.isin(given.index).all():
        raise BrokenPrepare(
            "prepare gives lines that repeat or that it was not given: expected that each row"
            " keeps its line number, which is the frame's index"
        )
    return frame_of({str(name): _text(made[name]) for name in given}, made.index)


def _text(column: pd.Series) -> Values:
    """A column as Arrow text, empty where it has no value."""
    if column.dtype == TEXT:
        return arrow(column).fill_null("")
    try:
        values = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        values = None
    if values is None or not any(is_text(values.type) for is_text in _TEXTS):
        raise BrokenPrepare(f"prepare makes column {column.name} {column.dtype}: expected text")
    return values.cast(pa.string()).fill_null("")

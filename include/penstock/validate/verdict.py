"""The verdict on a block of rows: cast, judge, and gather the reasons row by row."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from penstock.datasets import all_datasets
from penstock.declare.columns import Column
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import Expectation
from penstock.errors.display import excerpt
from penstock.formats.frames import arrow, frame_of
from penstock.validate import metrics  # noqa: F401 - importing registers them with GX
from penstock.validate.cast import cast, emptied, too_long
from penstock.validate.derive import with_derived
from penstock.validate.engine import Judge
from penstock.validate.suite import CAST, checks_of, expectations_of, suite_of


@dataclass(frozen=True, eq=False)
class Verdict:
    """Every row of a block, typed, and what is wrong with the bad ones.

    `frame` holds all rows in their order, `good` one bool a row, and `reasons` the reasons of each
    bad row by its position, in the order of the columns.
    `failing` holds, for each check of `checks_of`, the positions of the rows that fail it.
    """

    frame: pd.DataFrame
    good: np.ndarray
    reasons: dict[int, list[str]]
    failing: tuple[np.ndarray, ...]


def validate(dataset: Dataset, frame: pd.DataFrame) -> Verdict:
    """Judge each row of `frame`, whose columns are text and named as the columns of a file.

    Raises:
        KeyError: a column that a file holds is not in the frame.
        PenstockError: the dataset declares an expectation that cannot be built.
    """
    text = with_derived(dataset.columns, frame)
    casts = {c.name: cast(c, emptied(c, arrow(text[c.name]))) for c in dataset.columns}
    typed = frame_of({name: values for name, (values, _) in casts.items()}, frame.index)
    results = _judge(dataset)(_comparable(dataset, typed))
    judged = dict(zip(expectations_of(dataset), results, strict=True))
    failed_casts = {name: failed for name, (_, failed) in casts.items()}
    failing = {check: _failing(check, failed_casts, judged) for check in checks_of(dataset)}
    bad = np.logical_or.reduce([*failing.values(), np.zeros(len(frame), dtype=bool)])
    return Verdict(
        typed,
        ~bad,
        _reasons(dataset, failing, text),
        tuple(np.flatnonzero(rows) for rows in failing.values()),
    )


@cache
def warm() -> None:
    """Build once all that the first call for a dataset builds, for workers forked afterwards."""
    for dataset in all_datasets().values():
        empty = {column.name: pa.array([""]) for column in dataset.columns}
        validate(dataset, frame_of(empty, np.array([1])))


@cache
def _judge(dataset: Dataset) -> Judge:
    return Judge(suite_of(dataset))


def _comparable(dataset: Dataset, typed: pd.DataFrame) -> pd.DataFrame:
    """Numbers too long for a type of Arrow as Python's decimals: as text 9 would exceed 10."""
    exact = {name: _exact(arrow(typed[name])) for name in too_long(dataset.columns, typed)}
    return typed.assign(**exact) if exact else typed


def _exact(digits: pa.ChunkedArray) -> np.ndarray:
    numbers = [None if text is None else Decimal(text) for text in digits.to_pylist()]
    return np.array(numbers, dtype=object)


def _failing(
    check: Expectation,
    failed_casts: dict[str, np.ndarray],
    judged: dict[Expectation, dict[str, Any]],
) -> np.ndarray:
    """The mask of the rows that fail a check."""
    failed = failed_casts[check.column]
    if check.type == CAST:
        return failed
    rows = np.zeros(len(failed), dtype=bool)
    rows[judged[check]["unexpected_index_list"]] = True
    rows[failed] = False  # a field that is no timestamp is null to GX, but not empty to the reader
    return rows


def _reasons(
    dataset: Dataset, failing: dict[Expectation, np.ndarray], text: pd.DataFrame
) -> dict[int, list[str]]:
    """The reasons of each bad row, with what was found in its fields."""
    columns = {column.name: column for column in dataset.columns}
    reasons: dict[int, list[str]] = {}
    for check, rows in failing.items():
        positions = np.flatnonzero(rows)
        found = arrow(text[check.column]).take(pa.array(positions)).to_pylist()
        for row, value in zip(positions.tolist(), found, strict=True):
            told = _reason(columns[check.column], check, value)
            if told not in reasons.setdefault(row, []):
                reasons[row].append(told)
    return dict(sorted(reasons.items()))


def _reason(column: Column, check: Expectation, found: str) -> str:
    if check.type == CAST:
        return f"{check.column}: {excerpt(found)}, expected {column.expected(found)}"
    return f"{check.column}: {check.reason}" + f", found {excerpt(found)}" * bool(found)

"""Counts the results of each check in each block, for the ledger."""

from dataclasses import dataclass

import numpy as np

from penstock.declare.dataset import Dataset
from penstock.validate.suite import checks_of
from penstock.validate.verdict import Verdict


@dataclass(frozen=True)
class BlockChecks:
    """The results of the checks on one block, in the order of `checks_of`.

    `evaluated` counts rows, `missing` those that a check skips because they have no value, and
    `unexpected` those that fail it.
    """

    evaluated: int
    missing: list[int]
    unexpected: list[int]


def count_checks(dataset: Dataset, verdict: Verdict, first_rows: np.ndarray) -> list[BlockChecks]:
    """Count for each block; block n has the rows from `first_rows[n]` to `first_rows[n + 1]`."""

    def count(rows: np.ndarray) -> np.ndarray:
        return np.diff(np.searchsorted(rows, first_rows))

    columns = [check.column for check in checks_of(dataset)]
    nulls = {name: _nulls(verdict, name) for name in set(columns)}
    empty = {name: count(rows) for name, rows in nulls.items()}
    unexpected, missing = [], []
    for column, failing in zip(columns, verdict.failing, strict=True):
        judged_null = failing[np.isin(failing, nulls[column], assume_unique=True)]
        unexpected.append(count(failing))
        missing.append(empty[column] - count(judged_null))
    sizes = np.diff(first_rows).tolist()
    by_block = (_by_block(missing, len(sizes)), _by_block(unexpected, len(sizes)))
    return [BlockChecks(*numbers) for numbers in zip(sizes, *by_block, strict=True)]


def _nulls(verdict: Verdict, column: str) -> np.ndarray:
    return np.flatnonzero(verdict.frame[column].isna())


def _by_block(by_check: list[np.ndarray], blocks: int) -> list[list[int]]:
    return np.array(by_check, dtype=np.int64).reshape(len(by_check), blocks).T.tolist()

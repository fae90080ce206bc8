"""Turns the rows of a histogram into the labels and series of a chart."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.api.database import Row


def continuous(rows: Sequence[Row], name: str) -> dict[str, Any]:
    """Return `labels` and the series `name`, with zeros where the histogram has gaps.

    Rows have `begins_at` and `seconds`, the same in all, and are sorted by time.
    """
    labels = _labels(rows)
    by_time = {row["begins_at"]: row[name] for row in rows}
    return {"labels": labels, name: [by_time.get(label, 0) for label in labels]}


def by_name(
    rows: Sequence[Row], key: str, value: str, names: Mapping[Any, str]
) -> tuple[list[datetime], dict[str, list[int]]]:
    """Return the labels, and a series for each of `names`: the `value` of rows with its `key`."""
    labels = _labels(rows)
    found = {(row[key], row["begins_at"]): row[value] for row in rows}
    series = {name: [found.get((of, label), 0) for label in labels] for of, name in names.items()}
    return labels, series


def _labels(rows: Sequence[Row]) -> list[datetime]:
    if not rows:
        return []
    width = timedelta(seconds=rows[0]["seconds"])
    first: datetime = rows[0]["begins_at"]
    count = (rows[-1]["begins_at"] - first) // width + 1
    return [first + n * width for n in range(count)]

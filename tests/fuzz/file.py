"""An ugly file, and what is known about what it holds."""

from dataclasses import dataclass
from typing import Any

from penstock.declare.dataset import Dataset

COLUMNS = ("code", "note", "amount", "moment", "day")

Row = tuple[Any, ...]


@dataclass
class Ugly:
    """A file. `rows` are the good rows it holds, in their order, as values of `columns`, and `bad`
    the text of records that are refused, both None where nobody can know. `plain` is its content
    as UTF-8, not compressed; `header` its own names for what the fields between separators are.

    `cut_short` tells that what compresses it ends too early, `is_text` that its records stand in it
    as text.
    """

    seed: int
    name: str
    data: bytes
    plain: bytes
    dataset: Dataset
    separator: str | None
    columns: tuple[str, ...] = COLUMNS
    header: tuple[str, ...] = COLUMNS
    rows: list[Row] | None = None
    bad: list[str] | None = None
    cut_short: bool = False
    is_text: bool = True

"""Bytes of a block to rows, for any format."""

from collections.abc import Sequence

from penstock.dataset import Dataset
from penstock.errors import PenstockError
from penstock.formats import csv, lines
from penstock.formats.declared import Csv, Lines
from penstock.formats.parsed import Parsed


def parse(dataset: Dataset, block: bytes, first_line: int, header: Sequence[str] | None) -> Parsed:
    """The rows of one block of a file whose header, if it has one, is `header`."""
    match dataset.format:
        case Csv() as form:
            names = header or [column.name for column in dataset.columns]
            return csv.parse(block, first_line, form, dataset.columns, names)
        case Lines() as form:
            return lines.parse(block, first_line, form, dataset.columns)
    raise PenstockError(f"dataset {dataset.name}: no parser for {dataset.format!r}")

"""Bytes of a block to rows, for any format."""

from collections.abc import Sequence

from penstock import header
from penstock.dataset import Dataset
from penstock.errors import PenstockError
from penstock.formats import csv, lines
from penstock.formats.declared import Csv, Lines
from penstock.formats.parsed import Parsed


def parse(
    dataset: Dataset, path: str, block: bytes, first_line: int, found: Sequence[str] | None
) -> Parsed:
    """The rows of one block of the file at `path`, whose header, if it has one, is `found`."""
    columns = dataset.file_columns
    match dataset.format_of(path):
        case Csv() as form:
            names = header.matched(found or [], columns)
            return csv.parse(block, first_line, form, columns, names)
        case Lines() as form:
            return lines.parse(block, first_line, form, columns)
    raise PenstockError(f"dataset {dataset.name}: no parser for the format of {path}")

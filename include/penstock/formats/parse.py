"""The rows of a block, in a file of any format."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from penstock.declare.dataset import Dataset
from penstock.declare.formats import EXTRA, Csv
from penstock.formats.frames import Values
from penstock.formats.parsed import Parsed
from penstock.formats.reader import BlockContent
from penstock.formats.registry import reader_of


def parse(
    dataset: Dataset,
    path: str,
    block: bytes,
    first_line: int,
    found: Sequence[str] | None,
    etag: str = "",
    dialect: Csv | None = None,
) -> Parsed:
    """The rows of one block of the file at `path`.

    The scan has `found` its columns, if it has any, and the `dialect` of a CSV. By its `etag` the
    landing zone knows the file.
    """
    content = BlockContent(path, block, first_line, found, dialect, etag)
    parsed = reader_of(dataset, path).parse(content)
    absent = parsed.absent if dataset.may_lack else None
    return replace(parsed, columns=_complete(dataset, path, parsed), absent=absent)


def _complete(dataset: Dataset, path: str, parsed: Parsed) -> dict[str, Values]:
    """The columns with those that come from the path, in the order that all formats share."""
    constants = dataset.path_values(path) or {}
    if dataset.unknown_columns == "keep" and EXTRA not in parsed.columns:
        constants[EXTRA] = "{}"
    rows = len(parsed.lines)
    given = parsed.columns | {name: pa.repeat(text, rows) for name, text in constants.items()}
    names = [*(column.name for column in dataset.file_columns), *dataset.path_columns]
    return {name: given[name] for name in [*names, *[EXTRA] * (dataset.unknown_columns == "keep")]}

"""The first record of a file that names its columns, and which declared column each name means."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

from penstock.columns import Column, normalised
from penstock.content import BOM
from penstock.dataset import Dataset
from penstock.errors import RejectFile
from penstock.settings import settings

MOST_BYTES = 64 * 1024


def matched(found: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The names `found` in a file, each that means a declared column replaced by its name."""
    declared = {normalised(column.name): column.name for column in columns}
    return [declared.get(normalised(name), name) for name in found]


def undeclared(means: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Of names that are `matched`, those that mean no column."""
    known = {column.name for column in columns}
    return [name for name in means if name not in known]


def read(head: bytes, separator: str, strip: bool) -> tuple[list[str], int, int]:
    """The names, and how many bytes and lines the header takes.

    Raises:
        RejectFile: there is no header, or one that cannot be used.
    """
    try:
        text = head.decode("utf-8", "surrogateescape")
        taken: list[str] = []
        reader = csv.reader(
            _noting(text, taken), delimiter=separator, skipinitialspace=strip, strict=True
        )
        names = next(record for record in reader if record)
        header = "".join(taken)
        header.encode()
    except UnicodeEncodeError:
        raise RejectFile("the header is not UTF-8") from None
    except (csv.Error, StopIteration) as error:
        raise RejectFile(
            f"line 1: no header can be read in the first {MOST_BYTES:,} bytes"
            " (is a quote not closed?)"
        ) from error
    if len(names) > settings().max_columns:
        raise RejectFile(f"line 1: the header has more than {settings().max_columns:,} columns")
    if "\0" in header:
        raise RejectFile("line 1: the header holds a NUL byte: expected text in UTF-8")
    size = len(header.encode())
    if size >= MOST_BYTES - len(BOM):  # it may go on beyond what was read
        raise RejectFile(f"line 1: the header is longer than {MOST_BYTES - len(BOM):,} bytes")
    return [name.strip() if strip else name for name in names], size, len(taken)


def check(dataset: Dataset, found: list[str]) -> list[str]:
    """What is odd about a header but harmless.

    Raises:
        RejectFile: a required column is missing, or a column is there more than once.
    """
    columns = dataset.file_columns
    means = matched(found, columns)
    missing = [c.name for c in columns if c.required and c.name not in means]
    if missing:
        expected = ", ".join(c.name for c in columns)
        raise RejectFile(
            f"line 1: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"expected {expected}, found {', '.join(found)[:300]}"
        )
    for name, times in Counter(means).items():
        if times > 1:
            same = [f for f, m in zip(found, means, strict=True) if m == name]
            raise RejectFile(f"line 1: column {name!r} appears more than once: {', '.join(same)}")
    unknown = undeclared(means, columns)
    if not unknown or dataset.extra == "keep":
        return []
    return [not_loaded(unknown)]


def not_loaded(names: Sequence[str]) -> str:
    """The note on fields that mean no column; only the first of very many are named."""
    return f"unknown columns, not loaded: {', '.join(names)[:1000]}"


def _noting(text: str, taken: list[str]) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        taken.append(line)
        yield line

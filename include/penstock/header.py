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
    declared = {column.key: column.name for column in columns}
    names = []
    for name, own in zip(found, distinct(found), strict=True):
        # A name that repeats means the same column again, unless one is declared for the repeat.
        means = declared.get(normalised(own)) or declared.get(normalised(name))
        names.append(means or (name if name.strip() else own))
    return names


def distinct(found: Sequence[str]) -> list[str]:
    """The names `found`, none twice: the second `a` is `a_2`, a blank one `column_3`, by place."""
    literal = {normalised(name) for name in found}
    taken: set[str] = set()
    times: Counter[str] = Counter()
    names = []
    for place, name in enumerate(found, 1):
        own = first = name if name.strip() else f"column_{place}"
        while (key := normalised(own)) in taken or (own != name and key in literal):
            times[first] += 1
            own = f"{first}_{times[first] + 1}"
        taken.add(key)
        names.append(own)
    return names


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

"""The first record of a file that names its columns, and which declared column each name means."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from penstock.columns import Column, normalised
from penstock.content import BOM
from penstock.dataset import Dataset
from penstock.display import excerpt
from penstock.errors import RejectFile
from penstock.settings import settings

if TYPE_CHECKING:
    from penstock.formats.parsed import Parsed

MOST_BYTES = 64 * 1024
_MOST = 10  # names with a note of their own
_LONGEST_NAME = 200  # characters compared with the names of columns


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
        RejectFile: a required column is missing, a column is there more than once, or one is
            unknown that the dataset does not take.
    """
    columns = dataset.file_columns
    means = matched(found, columns)
    lacking = [column for column in columns if column.name not in means]
    unknown = undeclared(means, columns)
    _check_required(columns, lacking, found, unknown)
    for name, times in Counter(means).items():
        if times > 1:
            same = [f for f, m in zip(found, means, strict=True) if m == name]
            raise RejectFile(f"line 1: column {name!r} appears more than once: {', '.join(same)}")
    if dataset.unknown_columns == "reject" and unknown:
        raise RejectFile(f"line 1: {'; '.join(not_columns(unknown, lacking))}")
    notes = [] if dataset.unknown_columns == "keep" else not_columns(unknown, lacking)
    if dataset.prepare is None:  # which may fill any column
        notes += [f"`{c.name}`: the file has no such column" for c in lacking if not c.rare]
    return notes


def unknown_notes(dataset: Dataset, parsed: "Parsed") -> list[str]:
    """The notes on fields that mean no column, where only the parser of a block can see them.

    Raises:
        RejectFile: the dataset takes none such.
    """
    notes = not_columns(parsed.unknown, dataset.file_columns)
    if notes and dataset.unknown_columns == "reject":
        raise RejectFile("; ".join(notes))
    return notes


def not_columns(names: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The notes on `names` that mean no column; each may mean one of `columns` by mistake.

    Only the first of very many have a note of their own.
    """
    notes = [f"`{excerpt(name)}`: not a column{_meant(name, columns)}" for name in names[:_MOST]]
    if rest := names[_MOST:]:
        notes.append(f"further names that are no columns: {excerpt(', '.join(rest))}")
    return notes


def _check_required(
    columns: Sequence[Column], lacking: Sequence[Column], found: list[str], unknown: list[str]
) -> None:
    missing = [column.name for column in lacking if column.required]
    if missing:
        expected = ", ".join(column.name for column in columns)
        told = not_columns([name for name in unknown if _nearest(name, lacking)], lacking)
        raise RejectFile(
            f"line 1: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"expected {expected}, found {', '.join(found)[:300]}{''.join('; ' + t for t in told)}"
        )


def _meant(name: str, columns: Sequence[Column]) -> str:
    nearest = _nearest(name, columns)
    return f"; did you mean `{nearest}`?" if nearest else ", not loaded"


def _nearest(name: str, columns: Sequence[Column]) -> str | None:
    """The column whose name is nearly `name`, if one is."""
    known = {column.key: column.header or column.name for column in columns}
    near = get_close_matches(normalised(name[:_LONGEST_NAME]), known, 1)
    return known[near[0]] if near else None


def _noting(text: str, taken: list[str]) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        taken.append(line)
        yield line

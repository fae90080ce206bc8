"""The header of a file: the names of its columns, and the declared column that each means."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from penstock.declare.columns import Column, normalised
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv
from penstock.errors import RejectFile
from penstock.errors.display import excerpt
from penstock.files import exact
from penstock.files.encodings import BOM
from penstock.files.records import count_lines
from penstock.formats import dialect
from penstock.settings import settings

if TYPE_CHECKING:
    from penstock.formats.parsed import Parsed

MOST_BYTES = 64 * 1024
_MOST = 10  # names that get a note each
_LONGEST_NAME = 200  # characters compared with the names of columns


def matched(found: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The names `found` in a file, with the name of the declared column for each that means one."""
    declared = {column.key: column.name for column in columns}
    names = []
    for name, own in zip(found, distinct(found), strict=True):
        # A name that repeats means the same column again, unless one is declared for the repeat.
        means = declared.get(normalised(own)) or declared.get(normalised(name))
        names.append(means or (name if name.strip() else own))
    return names


def distinct(found: Sequence[str]) -> list[str]:
    """The names `found` made unique: the second `a` is `a_2`, a blank third one `column_3`."""
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


def named(found: Sequence[str], columns: Sequence[Column]) -> int:
    """The number of columns in a header, without nameless ones at the end.

    Sheets have such columns, and files with a separator at the end of each record.
    """
    means, known = matched(found, columns), {column.name for column in columns}
    count = len(means)
    while count and not found[count - 1].strip() and means[count - 1] not in known:
        count -= 1
    return count


def undeclared(means: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The names, of those that `matched` gives, that mean no declared column."""
    known = {column.name for column in columns}
    return [name for name in means if name not in known]


def read(head: bytes, form: Csv) -> tuple[list[str], int, int]:
    """The names, and the size in bytes and lines of the header and the lines above it.

    `form` is a dialect, whose `skip` is known.

    Raises:
        RejectFile: the file has no header, or none that can be read.
    """
    above = form.skip or 0
    start = dialect.skipped(head, above)
    record = next(exact.read(head[start:], above + 1, dialect.grammar_of(form)), None)
    if record is None or record.why:
        line = record.line if record else above + 1
        raise RejectFile(
            f"line {line}: no header can be read in the first {MOST_BYTES:,} bytes"
            f" ({record.why if record else 'they hold nothing but blank lines'})"
        )
    names = _as_text(record, head[start + record.start : start + record.end])
    size = start + record.end
    if size >= MOST_BYTES - len(BOM):  # it may continue beyond `head`
        limit = f"{MOST_BYTES - len(BOM):,} bytes"
        raise RejectFile(f"line {record.line}: the header is longer than {limit}")
    lines = count_lines(head, size, bare_returns=True)
    return [name.strip() if form.strip else name for name in names], size, lines


def _as_text(record: exact.Record, raw: bytes) -> list[str]:
    where, most = f"line {record.line}: the header", settings().max_columns
    if len(record.fields) > most:
        raise RejectFile(f"{where} has more than {most:,} columns")
    if b"\0" in raw:
        raise RejectFile(f"{where} holds a NUL byte: expected text in UTF-8")
    try:
        return [name.decode() for name in record.fields]
    except UnicodeDecodeError:
        raise RejectFile("the header is not UTF-8") from None


def check(dataset: Dataset, found: Sequence[str], line: int = 1) -> list[str]:
    """The notes on a header that can be used, which is on `line`.

    Raises:
        RejectFile: a required column is missing, a column appears more than once, or a column is
            unknown and the dataset rejects those.
    """
    columns = dataset.file_columns
    means = matched(found, columns)
    lacking = [column for column in columns if column.name not in means]
    unknown = undeclared(means, columns)
    _check_required(columns, lacking, found, unknown, line)
    for name, times in Counter(means).items():
        if times > 1:
            same = [f for f, m in zip(found, means, strict=True) if m == name]
            raise RejectFile(
                f"line {line}: column {name!r} appears more than once: {', '.join(same)}"
            )
    if dataset.unknown_columns == "reject" and unknown:
        raise RejectFile(f"line {line}: {'; '.join(not_columns(unknown, lacking))}")
    notes = [] if dataset.unknown_columns == "keep" else not_columns(unknown, lacking)
    if dataset.prepare is None:  # which may fill any column
        notes += [f"`{c.name}`: the file has no such column" for c in lacking if not c.rare]
    return notes


def unknown_notes(dataset: Dataset, parsed: "Parsed") -> list[str]:
    """The notes on unknown fields that only the parser of a block sees, as in JSON.

    Raises:
        RejectFile: the dataset rejects unknown columns.
    """
    notes = not_columns(parsed.unknown, dataset.file_columns)
    if notes and dataset.unknown_columns == "reject":
        raise RejectFile("; ".join(notes))
    return notes


def not_columns(names: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The notes on `names` that mean no column; each suggests the one of `columns` that is similar.

    Of very many names, only the first get a note each.
    """
    notes = [f"`{excerpt(name)}`: not a column{_meant(name, columns)}" for name in names[:_MOST]]
    if rest := names[_MOST:]:
        notes.append(f"further names that are no columns: {excerpt(', '.join(rest))}")
    return notes


def nameless_note(first: int, last: int) -> str:
    """The note on the nameless columns from `first` to `last`, which must be empty."""
    which = f"column {first} has" if first == last else f"columns {first} to {last} have"
    return f"{which} no name: not loaded; records that hold something there are refused"


def _check_required(
    columns: Sequence[Column],
    lacking: Sequence[Column],
    found: Sequence[str],
    unknown: list[str],
    line: int,
) -> None:
    missing = [column.name for column in lacking if column.required]
    if missing:
        expected = ", ".join(column.name for column in columns)
        hints = not_columns([name for name in unknown if _nearest(name, lacking)], lacking)
        raise RejectFile(
            f"line {line}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"expected {expected}, found {', '.join(found)[:300]}{''.join('; ' + t for t in hints)}"
        )


def _meant(name: str, columns: Sequence[Column]) -> str:
    nearest = _nearest(name, columns)
    return f"; did you mean `{nearest}`?" if nearest else ", not loaded"


def _nearest(name: str, columns: Sequence[Column]) -> str | None:
    """The column whose name is similar to `name`, if there is one."""
    known = {column.key: column.header or column.name for column in columns}
    near = get_close_matches(normalised(name[:_LONGEST_NAME]), known, 1)
    return known[near[0]] if near else None

"""What Python's `csv` says of a text: the judge of our own reading."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import strategies as st


@dataclass(frozen=True)
class Record:
    """A record that is not blank: its line and byte, its text, its fields."""

    line: int
    start: int
    raw: str
    fields: list[str]


def read(text: str, separator: str = ",") -> list[Record]:
    """The records of `text`, by `csv.reader` over the whole."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    found, line, start = [], 1, 0
    for fields in csv.reader(lines(), delimiter=separator):
        raw = "".join(taken)
        if fields:
            found.append(Record(line, start, raw.rstrip("\r\n"), fields))
        line, start = line + len(taken), start + len(raw.encode())
        taken.clear()
    return found


def written(rows: list[list[str]], newline: str) -> str:
    """`rows` as `csv.writer` writes them."""
    out = io.StringIO()
    csv.writer(out, lineterminator=newline).writerows(rows)
    return out.getvalue()


_fields = st.text(st.sampled_from('a" ,\r\né😀7\ufeff'), max_size=6)
ugly_texts = st.text(st.sampled_from('ab",\r\n'), max_size=60)
clean_texts = st.builds(
    written,
    st.lists(st.lists(_fields, min_size=1, max_size=4), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
texts = st.one_of(
    clean_texts, ugly_texts, st.builds("".join, st.lists(st.one_of(clean_texts, ugly_texts)))
)

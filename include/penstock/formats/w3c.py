"""W3C extended logs: the fields of each record by the `#Fields:` line before it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import Column, Text
from penstock.declare.formats import Lines
from penstock.errors import RejectFile
from penstock.files import content
from penstock.files.blocks import Block
from penstock.files.content import Source
from penstock.formats import header, lines
from penstock.formats.frames import Values
from penstock.formats.named import parse_named
from penstock.formats.parsed import Parsed, Refused
from penstock.formats.reader import BlockContent
from penstock.formats.scanned import Scan
from penstock.formats.text import TextReader

_DIRECTIVE = b"#Fields:"
_COMMENT = re.compile(rb"^#[^\r\n]*", re.MULTILINE)
_SECTION = re.compile(r"line (\d+): (.*)")
_QUOTED_OR_WORD = r'(?:"[^"]*"|[^ ]+)'
DATE_TIME = "date-time"


@dataclass(frozen=True)
class W3CReader(TextReader):
    """Reads W3C extended logs. The scan reads the `#Fields:` lines once it has found the blocks."""

    def check(self, head: bytes) -> None:
        content.check_is_text(head, any_bytes=True)

    def scan(self, source: Source) -> Scan:
        found = super().scan(source)

        def read(block: Block) -> bytes:
            return content.read_range(source, block.first_byte, block.last_byte)

        columns = fields(found.blocks, read)
        notes = header.check(self.dataset, names_of(columns))
        return replace(found, columns=columns, notes=found.notes + notes)

    def parse(self, block: BlockContent) -> Parsed:
        columns, found = self.dataset.file_columns, block.columns or []

        def rows(wanted: Sequence[Column]) -> Parsed:
            return parse(block.data, block.first_line, columns, wanted, found)

        return parse_named(self.dataset, header.matched(names_of(found), columns), rows)


@dataclass(frozen=True)
class Section:
    """From line `first_line` on, records have the fields `names`."""

    first_line: int
    names: tuple[str, ...]


def fields(blocks: Iterable[Block], read: Callable[[Block], bytes]) -> list[str]:
    """The names of all fields, and for each change of them an entry `line N: names`.

    Raises:
        RejectFile: no `#Fields:` line names them.
    """
    sections: list[Section] = []
    for block in blocks:
        for found in _directives(read(block), block.first_line):
            if not sections or sections[-1].names != found.names:
                sections.append(found)
    if not sections:
        raise RejectFile("no line `#Fields: ...` names the columns")
    names = dict.fromkeys(name for section in sections for name in _with_time(section.names))
    changes = [f"line {section.first_line}: {' '.join(section.names)}" for section in sections]
    return [*names, *changes]


def _with_time(names: Sequence[str]) -> Sequence[str]:
    """The names with `date-time` in place of `date` and `time`."""
    if not {"date", "time"} <= {*names}:
        return names
    return [DATE_TIME, *(name for name in names if name not in ("date", "time"))]


def names_of(found: Sequence[str]) -> list[str]:
    """The names of fields in what `fields` gives."""
    return [name for name in found if not _SECTION.fullmatch(name)]


def parse(
    block: bytes,
    first_line: int,
    columns: Sequence[Column],
    wanted: Sequence[Column],
    found: Sequence[str],
) -> Parsed:
    """The rows of `block`: the `wanted` columns, `columns` being those that are declared."""
    if b"\n#" in block or block.startswith(b"#"):
        block = _COMMENT.sub(b"", block)
    pieces = [
        _of_section(block[start:end], line, columns, wanted, section.names)
        for start, end, line, section in _cut(block, first_line, _sections(found))
        if block[start:end].strip()
    ]
    return _joined(pieces, wanted)


def _directives(block: bytes, line: int) -> Iterable[Section]:
    at = seen = 0
    while (at := block.find(_DIRECTIVE, at)) >= 0:
        end = block.find(b"\n", at)
        if at == 0 or block[at - 1 : at] == b"\n":
            line += block.count(b"\n", seen, at)
            seen = at
            text = block[at + len(_DIRECTIVE) : end if end >= 0 else None]
            names = text.decode("utf-8", "backslashreplace").split()
            yield Section(line, tuple(names))
        at += len(_DIRECTIVE)


def _sections(found: Sequence[str]) -> list[Section]:
    changes = [change for name in found if (change := _SECTION.fullmatch(name))]
    return [Section(0, ()), *(Section(int(s[1]), tuple(s[2].split())) for s in changes)]


def _cut(
    block: bytes, first_line: int, sections: list[Section]
) -> Iterable[tuple[int, int, int, Section]]:
    """Start and end in `block` of what belongs to each section, and its first line."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    starts = np.concatenate(([0], ends))  # of the lines
    edges = [*(section.first_line for section in sections), 1 << 62]
    for section, (line, stop) in zip(sections, pairwise(edges), strict=True):
        since, until = (min(max(n - first_line, 0), len(starts)) for n in (line, stop))
        if since < until:
            end = int(starts[until]) if until < len(starts) else len(block)
            yield int(starts[since]), end, first_line + since, section


def _of_section(
    block: bytes,
    first_line: int,
    columns: Sequence[Column],
    wanted: Sequence[Column],
    names: Sequence[str],
) -> Parsed:
    tabs = b"\t" in block.lstrip().partition(b"\n")[0]
    separator, value = ("\t", r"[^\t]*") if tabs else (" ", _QUOTED_OR_WORD)
    groups = [f"(?P<f{i}>{value})" for i in range(len(names))]
    form = Lines(pattern=separator.join(groups) + " *", escape_bytes=True)
    parsed = lines.parse(block, first_line, form, [Text(f"f{i}") for i in range(len(names))])
    held = {name: parsed.columns[f"f{i}"] for i, name in enumerate(names)}
    if {"date", "time"} <= {*names}:
        held[DATE_TIME] = pc.binary_join_element_wise(held["date"], held["time"], " ")
    means = dict(zip(header.matched([*held], columns), held, strict=True))
    empty = pa.repeat("", len(parsed.lines))
    given: dict[str, Values] = {
        c.name: held[means[c.name]] if c.name in means else empty for c in wanted
    }
    with_count = _wrong_count(len(names), separator)
    refused = [with_count(record) for record in parsed.refused]
    return replace(parsed, columns=given, refused=refused)


def _wrong_count(expected: int, separator: str) -> Callable[[Refused], Refused]:
    if not expected:
        why = "stands before the first line `#Fields: ...`, which names the columns"
        return lambda record: replace(record, reasons=[why])
    why = f"expected {expected} fields, as `#Fields:` names them, found"
    return lambda record: replace(
        record, reasons=[f"{why} {len(record.raw.rstrip().split(separator))}"]
    )


def _joined(pieces: Sequence[Parsed], wanted: Sequence[Column]) -> Parsed:
    """The pieces of a block as one."""
    if len(pieces) == 1:
        return pieces[0]
    firsts = [int(min([*p.lines[:1], *(r.line for r in p.refused)], default=0)) for p in pieces]

    def raw(line: int) -> str:
        return pieces[int(np.searchsorted(firsts, line, side="right")) - 1].raw(line)

    columns: dict[str, Values] = {
        c.name: pa.concat_arrays([pa.array([], pa.string()), *(p.columns[c.name] for p in pieces)])
        for c in wanted
    }
    numbers = np.concatenate([np.array([], np.int64), *(p.lines for p in pieces)])
    records = sum(p.records for p in pieces)
    return Parsed(columns, numbers, raw, records, [r for p in pieces for r in p.refused])

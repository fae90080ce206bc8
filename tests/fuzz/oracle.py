"""What became of an ugly file, and whether that is right: judged without the product's parsers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from penstock.declare.columns import normalised
from penstock.errors import RejectFile
from penstock.files import content
from penstock.formats.frames import arrow
from penstock.formats.parse import parse
from penstock.formats.parsed import Parsed, joined
from penstock.formats.registry import reader_of
from penstock.formats.scan import scan
from penstock.validate import validate
from penstock.validate.refused import refused_records
from tests.fuzz.file import COLUMNS, Ugly
from tests.fuzz.texts import WIDTHS

FILE_ID = 1


@dataclass
class Records:
    """The records of a file: by line, its text, and its fields or the reasons against it."""

    rejected: str | None
    parsed: list[Parsed]
    rows: dict[int, tuple[str, tuple[str, ...]]]
    refused: dict[int, tuple[str, list[str]]]

    def same(self, other: "Records") -> bool:
        return (self.rejected is None, self.rows, self.refused) == (
            other.rejected is None,
            other.rows,
            other.refused,
        )


def read(ugly: Ugly, place: Path) -> Records:
    """The file through scan and parser, at the block size of the settings."""
    found = Records(None, [], {}, {})
    try:
        source = reader_of(ugly.dataset, ugly.name).open(place, FILE_ID)
        scanned = scan(ugly.dataset, ugly.name, place, FILE_ID)
        for block in scanned.blocks:
            data = content.read_range(source, block.first_byte, block.last_byte)
            at, dialect = block.first_line, scanned.dialect
            parsed = parse(ugly.dataset, ugly.name, data, at, scanned.columns, dialect=dialect)
            told = len(parsed.lines) + len(parsed.refused)
            assert parsed.records == told, f"{parsed.records} records, but {told} come of them"
            found.parsed.append(parsed)
    except RejectFile as error:
        assert str(error).strip(), "rejected without a reason"
        return Records(str(error), [], {}, {})
    for parsed in found.parsed:
        columns = [parsed.columns[c.name].to_pylist() for c in ugly.dataset.file_columns]
        for line, *fields in zip(parsed.lines.tolist(), *columns, strict=True):
            assert line not in found.rows, f"line {line} twice"
            found.rows[line] = parsed.raw(line), tuple(fields)
        for record in parsed.refused:
            assert line_is_free(found, record.line), f"line {record.line} twice"
            assert record.reasons
            found.refused[record.line] = record.raw, record.reasons
    return found


def line_is_free(found: Records, line: int) -> bool:
    return line not in found.rows and line not in found.refused


def nothing_is_lost(ugly: Ugly, found: Records) -> None:
    """Every byte of the content is in one record, but for what ends records and blank rows."""
    text = _shown(ugly)
    header = ""
    if ".csv" in ugly.name:
        header = re.match(r"[^\r\n]*", text)[0]  # type: ignore[index]
    told = {line: raw for line, (raw, _) in found.rows.items()}
    told |= {line: raw for line, (raw, _) in found.refused.items()}
    at = len(header)
    for line, raw in sorted(told.items()):
        # a record may stand behind blank ones that it begins like: so by its line
        here = _start_of(text, line, ugly)
        assert here >= at, f"line {line}: begins within the record before"
        _is_nothing(text[at:here], header, ugly)
        assert text.startswith(raw, here), f"line {line}: {raw!r} is not what stands there"
        at = here + len(raw)
    _is_nothing(text[at:], header, ugly)


def _start_of(text: str, line: int, ugly: Ugly) -> int:
    ends = r"\r\n|\n|\r" if ".csv" in ugly.name else "\n"
    at = 0
    for number, end in enumerate(re.finditer(ends, text), 2):
        if line == 1:
            return 0
        if number == line:
            return end.end()
        at = end.end()
    assert line == 1, f"no line {line}, the last begins at {at}"
    return 0


def _is_nothing(text: str, header: str, ugly: Ugly) -> None:
    if header:
        text = text.replace(header, "")
    left = text.strip("\r\n" + (ugly.separator or "") + " \t")
    assert not left or set(left) <= {'"', *(ugly.separator or ""), "\r", "\n"}, f"lost: {left!r}"


def _shown(ugly: Ugly) -> str:
    """The content as quarantine shows it; of a run of NUL at the head of a log one is kept."""
    if ".log" not in ugly.name:
        return readable(ugly.plain)
    plain = re.sub(rb"^\0+", b"\0", ugly.plain)
    return "\n".join(_shown_line(line) for line in plain.split(b"\n"))


def _shown_line(line: bytes) -> str:
    """A line of a log: where it is not text, a `\\xHH` of its own is told from a byte."""
    shown = readable(line)
    if shown.encode() == line:
        return shown
    return readable(re.sub(rb"\\(?=x[0-9a-fA-F]{2})", rb"\\x5c", line))


def readable(raw: bytes) -> str:
    """What quarantine shows of bytes."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def nothing_is_changed(ugly: Ugly, found: Records) -> None:
    """Each row has the fields that its text says."""
    for line, (raw, fields) in found.rows.items():
        if ".log" in ugly.name:
            _covers(line, raw, fields[:-1])  # the last one counts what is escaped
            continue
        said = _fields(ugly, raw)
        assert said is not None, f"line {line}: {raw!r} is broken, but a row"
        assert said == fields, f"line {line}: {raw!r} says {said}, loaded {fields}"


def _covers(line: int, raw: str, fields: tuple[str, ...]) -> None:
    """The fields stand in the line in their order, and nothing between them but punctuation."""
    at = 0
    for field in fields:
        start = raw.find(field, at)
        assert start >= 0, f"line {line}: {field!r} is not in {raw!r}"
        assert not raw[at:start].strip(' "[]\t,;|'), (
            f"line {line}: lost {raw[at:start]!r} of {raw!r}"
        )
        at = start + len(field)
    assert not raw[at:].strip(' "\r'), f"line {line}: lost {raw[at:]!r} of {raw!r}"


def _fields(ugly: Ugly, raw: str) -> tuple[str, ...] | None:
    """The fields of a record in the order of the columns; None where it is not well formed."""
    if ".fix" in ugly.name:
        return tuple(raw[first - 1 : last].strip() for first, last in WIDTHS.values())
    if ".jsonl" in ugly.name:
        return _of_json(raw)
    said = raw.split("|") if ".txt" in ugly.name else of_csv(raw, ugly.separator or ",")
    width = len(ugly.header)
    if said is None or len(said) < width or any(said[width:]):
        return None
    return tuple(said[ugly.header.index(name)] for name in COLUMNS)


def _of_json(raw: str) -> tuple[str, ...]:
    found = json.loads(raw, parse_int=str, parse_float=str)
    by_name = {normalised(key): value for key, value in found.items()}
    words: dict[Any, str] = {None: "", True: "true", False: "false"}
    values = [by_name.get(name) for name in COLUMNS]
    return tuple(v if isinstance(v, str) else words[v] for v in values)


def of_csv(raw: str, separator: str) -> list[str] | None:
    """RFC 4180, character by character; a quote amid an unquoted field stands for itself."""
    fields, at = [], 0
    while True:
        text = []
        if raw.startswith('"', at):
            at += 1
            while True:
                end = raw.find('"', at)
                if end < 0:
                    return None
                text.append(raw[at:end])
                at = end + 1
                if not raw.startswith('"', at):
                    break
                text.append('"')
                at += 1
            if at < len(raw) and raw[at] != separator:
                return None
        else:
            end = raw.find(separator, at)
            end = len(raw) if end < 0 else end
            text.append(raw[at:end])
            at = end
        fields.append("".join(text))
        if at >= len(raw):
            return fields
        at += 1


def the_rows_are_right(ugly: Ugly, found: Records) -> None:
    """Typed as they were meant; what was spoiled is refused, and nothing else."""
    assert found.rejected is None, f"rejected: {found.rejected}"
    if not found.parsed:
        assert not ugly.rows and not ugly.bad
        return
    verdict = validate(ugly.dataset, joined(found.parsed))
    good = verdict.frame[verdict.good]
    rows = [*zip(*(arrow(good[name]).to_pylist() for name in ugly.columns), strict=True)]
    refused = [r for block in refused_records(found.parsed, verdict) for r in block]
    wrongly = [r for r in refused if r.raw not in (ugly.bad or [])]
    wrongly = [r for r in wrongly if not _looks_unclosed(r.raw, r.reasons)]
    assert not wrongly, f"refused: {wrongly[:3]}"
    told = {r.raw for r in refused}
    assert all(raw in told or not raw for raw in ugly.bad or []), "a spoiled record is loaded"
    allowed = list(ugly.rows or [])
    if len(rows) == len(allowed):
        for row, meant in zip(rows, allowed, strict=True):
            assert row == meant, f"loaded {row}, meant {meant}"
        return
    left = iter(allowed)  # records that look unclosed are refused
    assert all(any(row == meant for meant in left) for row in rows), "another row than was meant"


def _looks_unclosed(raw: str, reasons: list[str]) -> bool:
    """A field whose further lines read as records of their own: the documented exception."""
    return "quote" in reasons[0]


def every_row_is_judged(ugly: Ugly, found: Records) -> None:
    """Each row is good or refused, with the text it has in the file."""
    if not found.parsed:
        return
    verdict = validate(ugly.dataset, joined(found.parsed))
    refused = [r for block in refused_records(found.parsed, verdict) for r in block]
    assert int(np.sum(verdict.good)) + len(refused) == len(found.rows) + len(found.refused)

"""W3C extended logs: each record by the `#Fields:` line before it, however the file is cut."""

import io
from pathlib import Path

import pytest

from penstock.declare.dataset import Dataset
from penstock.declare.logs import IIS_COLUMNS, W3C
from penstock.errors import RejectFile
from penstock.files import blocks
from penstock.files.blocks import Shape
from penstock.formats import w3c
from penstock.formats.parse import parse
from penstock.formats.scan import scan

DATASET = Dataset("iis", "Logs of IIS.", {"*.log": W3C()}, IIS_COLUMNS)
FIRST = "#Software: x\r\n#Fields: date time c-ip cs-method cs(User-Agent)\r\n"
OTHER = "#Fields: time date cs-method c-ip sc-status\r\n"
DATA = (
    f"{FIRST}2026-11-20 10:00:00 ::1 GET a+b\r\n2026-11-20 10:00:01 ::2 PUT\r\n"
    f'{FIRST}2026-11-20 10:00:02 ::3 GET "c d"\r\n\r\n'
    f"{OTHER}10:00:03 2026-11-20 POST ::4 200\r\n#Remark: no record\r\n"
    f"10:00:04 2026-11-20 GET ::5 404 \r\n"
).encode()


@pytest.mark.parametrize("size", [1, 7, 40, 100, 1 << 16])
def test_fields_change_in_the_middle_however_the_file_is_cut(size: int) -> None:
    cut = [*blocks.cut(io.BytesIO(DATA), Shape(size, 1 << 16))]
    found = w3c.fields(cut, lambda block: DATA[block.first_byte : block.last_byte])
    rows, refused, records = [], [], 0
    for block in cut:
        part = DATA[block.first_byte : block.last_byte]
        parsed = parse(DATASET, "a.log", part, block.first_line, found)
        frame = parsed.frame[["requested_at", "host", "method", "user_agent", "status"]]
        rows += [(*row, parsed.raw(row[0])[:8]) for row in frame.itertuples()]
        refused += [(r.line, r.raw, r.reasons) for r in parsed.refused]
        records += parsed.records
    assert rows == [
        (3, "2026-11-20 10:00:00", "::1", "GET", "a+b", "", "2026-11-"),
        (7, "2026-11-20 10:00:02", "::3", "GET", '"c d"', "", "2026-11-"),
        (10, "2026-11-20 10:00:03", "::4", "POST", "", "200", "10:00:03"),
        (12, "2026-11-20 10:00:04", "::5", "GET", "", "404", "10:00:04"),
    ]
    why = "expected 5 fields, as `#Fields:` names them, found 4"
    assert refused == [(4, "2026-11-20 10:00:01 ::2 PUT", [why])]
    assert records == 5


def test_what_a_scan_tells(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"#Fields: date time c-ip x-qq cs-methd\n2026-11-20 10:00:00 ::1 a GET\n")
    notes = scan(DATASET, "a.log", path, 1).notes
    assert notes[0] == "`x-qq`: not a column, not loaded"
    assert notes[1] == "`cs-methd`: not a column; did you mean `cs-method`?"
    path.write_bytes(b"2026-11-20 10:00:00 ::1 a\n")
    with pytest.raises(RejectFile, match=r"no line `#Fields: .*` names the columns"):
        scan(DATASET, "a.log", path, 1)
    path.write_bytes(b"#Fields: date time\n2026-11-20 10:00:00\n")
    with pytest.raises(RejectFile, match="missing column host"):
        scan(DATASET, "a.log", path, 1)


def test_records_before_the_first_fields_are_refused() -> None:
    data = b"2026-11-20 10:00:00\n#Fields: date time c-ip\n2026-11-20 10:00:00 ::1\n"
    found = w3c.fields(blocks.cut(io.BytesIO(data), Shape(99, 99)), lambda _: data)
    parsed = parse(DATASET, "a.log", data, 1, found)
    assert parsed.lines.tolist() == [3]
    (refused,) = parsed.refused
    assert (refused.line, refused.reasons[0][:31]) == (1, "stands before the first line `#")

"""Mends: corrected records load as a file of their own, linked to the file that they mend."""

import asyncio
from collections.abc import Iterable
from typing import Any

import psycopg
import pytest

from penstock import ledger
from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, Json, JsonLines, Lines, Parquet
from penstock.errors import PenstockError
from penstock.intake import mends
from penstock.marts import build
from penstock.stations import actions, perform, verify
from penstock.stations.plan import plan
from penstock.warehouse import connect
from tests.pipeline import ask, counts, events, ingest, land, land_samples, replay


def mend(file_id: int, records: Iterable[str]) -> str:
    """Land corrected records; returns the path of their file."""
    data = mends.content_of(file_id, [*records])
    return asyncio.run(mends.land_bytes(file_id, data, "mia", "as the producer wrote")).path


def refused(warehouse: psycopg.Connection, file_id: int) -> list[str]:
    query = "SELECT raw FROM ingest.quarantine WHERE file_id = %s ORDER BY line"
    return [raw for (raw,) in ask(warehouse, query, file_id)]


def entry(warehouse: psycopg.Connection, path: str) -> dict[str, Any]:
    with connect("reader") as connection:
        return ledger.list_files(connection, paths=[path])[0]


CORRECTED = {
    "accounts-2024-05-01.txt": lambda _: "2024-05-01T10:00:00Z ann@example.org s-1",
    "catalogue-2024-05-01.csv": lambda raw: f'"Lena, Voss",sku-{hash(raw)},"two\r\nlines"',
    "kiosks-2024-05-01.jsonl": lambda _: (
        '{"candidate": "1", "vote_time": "2024-05-01T10:00:00", "kiosk_id": 3}'
    ),
    "chains-b.jsonl": lambda _: '{"number": 5, "step": 0, "value": 5}',
}


def test_the_refused_records_of_samples_load_once_they_are_corrected(
    warehouse: psycopg.Connection,
) -> None:
    names = ("events", "products", "votes", "step_chains")
    land_samples(*names)
    for name in names:
        ingest(name)
    query = "SELECT dataset, path, file_id FROM ingest.file WHERE path = ANY(%s) AND rows_bad > 0"
    found = ask(warehouse, query, [*CORRECTED])
    assert {path for _, path, _ in found} == CORRECTED.keys()
    for name, path, file_id in found:
        raws = refused(warehouse, file_id)
        landed = mend(file_id, map(CORRECTED[path], raws))
        assert landed.startswith(f"mends/{file_id}-")
        assert landed.endswith(f"/{path}")
        ingest(name)
        done = entry(warehouse, landed)
        good = (done["state"], done["rows_good"], done["rows_bad"])
        assert good == ("sealed", len(raws), 0), refused(warehouse, done["file_id"])
        build.build(name)
        assert verify.verify(name, marts=True) == []


def test_the_link_of_a_mend_holds_through_replays_of_both_files(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(3, 1))
    ingest("events")
    path = mend(1, ["2024-05-01T10:00:00Z ann@example.org s-1"])
    with connect("reader") as connection:
        assert ledger.mended_by(connection, 1) == [], "it has not been registered yet"
        (asked,) = ledger.actions_of(connection, 1)
        assert (asked.kind, asked.path, asked.who, asked.why, asked.is_open) == (
            *("mend", path, "mia", "as the producer wrote"),
            True,
        )
    ingest("events")
    newest, replayed = replay(2), replay(1)
    ingest("events")
    with connect("reader") as connection:
        for file_id in (1, replayed):
            assert [file["file_id"] for file in ledger.mended_by(connection, file_id)] == [newest]
        assert [ledger.mends(connection, n) for n in (2, newest, 1, replayed)] == [1, 1, None, None]
        (asked,) = [a for a in ledger.actions_of(connection, 2) if a.kind == "mend"]
        assert (asked.file_id, asked.result_file_id, asked.is_open) == (1, 2, False)
    assert counts(warehouse, "events") == (4, 4, 1)


def test_the_same_corrections_count_once_until_they_are_retracted(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(3, 1))
    ingest("events")
    records = ["2024-05-01T10:00:00Z ann@example.org s-1"]
    path = mend(1, records)
    ingest("events")
    with pytest.raises(PenstockError, match="file 2 holds the same corrections already"):
        mend(1, records)
    perform.now(actions.retract(2, "mia", "they were wrong"))
    assert mend(1, records) == path
    ingest("events")
    assert counts(warehouse, "events") == (4, 4, 1)


def test_what_cannot_be_mended_by_a_file_says_why(warehouse: psycopg.Connection) -> None:
    land("people", "1.csv", b"first_name,last_name,birthts\nA,B,x\n")
    ingest("people")
    for file_id, why in {
        1: "people mirrors its folder: correct 1.csv there",
        7: "no file 7",
    }.items():
        with pytest.raises(PenstockError, match=why):
            mends.content_of(file_id, ["x"])
        with pytest.raises(PenstockError, match=why):
            asyncio.run(mends.land_bytes(file_id, b"x", "mia"))
    assert ask(warehouse, "SELECT * FROM ingest.action") == []
    assert plan("people") == []


COLUMNS = (Integer("id"), Text("name"))
KINDS = {
    "semicolons": (Csv(), b"name;id;more\nA;1;x\nB;?;x\n", "B;2;x"),
    "quoted by '": (Csv(), b"'name','id'\n'A','1'\n'B','?'\n", "'B, C','2'"),
    "blanks": (Csv(), b'"name", "id"\n"A", "1"\n"B", "?"\n', '"B, C", "2"'),
    "lines above": (Csv(), b"report of May\n\nid,name\n1,A\n?,B\n", '2,"B, C"'),
    "always two above": (Csv(skip=2), b"report\nof May\nid,name\n1,A\n?,B\n", "2,B"),
    "trailing separators": (Csv(), b"id,name\n1,A,\n?,B,\n", "2,B,"),
    "escapes": (Csv(escape="\\"), b"id,name\n1,A\n?,B\n", '2,"B \\" C"'),
    "tabs, no header": (Csv(separator="\t", header=False), b"1\tA\n?\tB\n", "2\tB"),
    "a pattern": (Lines(pattern=r"(?P<id>\S+) (?P<name>.*)"), b"1 A\n? B\n", "2 B"),
    "JSON lines": (JsonLines(), b'{"id": 1, "name": "A"}\n{"id": "?"}\n', '{"id": 2, "name": "B"}'),
    "JSON": (
        Json(records="data.items"),
        b'{"data": {"items": [{"id": 1, "name": "A"}, {"id": "?", "name": "B"}]}}',
        '{"id": 2,\r\n "name": "B"}',
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", [None, "utf-16-le"])
def test_corrected_records_are_written_as_their_file_is(
    kind: str, encoding: str | None, declare, warehouse: psycopg.Connection
) -> None:
    form, data, corrected = KINDS[kind]
    declare(
        Dataset(
            name="things",
            description="Things.",
            files={"*.any": form},
            columns=COLUMNS,
            encoding=encoding,
            versions="add",
        )
    )
    land("things", "deep/a.any", data if encoding is None else data.decode().encode(encoding))
    ingest("things")
    assert counts(warehouse, "things") == (1, 1, 1)
    mend(1, [corrected.replace("B", "Bör")] * 2)
    ingest("things")
    names = ask(warehouse, "SELECT id, name FROM staging.things WHERE _file_id = 2")
    assert len(names) == 2
    assert all(found[0] == 2 and found[1].startswith("Bör") for found in names)
    assert counts(warehouse, "things") == (3, 3, 1)


def test_binary_formats_and_torn_records_are_refused(declare) -> None:
    files = {"*.parquet": Parquet(), "*.jsonl": JsonLines()}
    declare(Dataset(name="things", description="Things.", files=files, columns=COLUMNS))
    land("things", "a.parquet", b"no parquet")
    land("things", "b.jsonl", b"{}\n")
    ingest("things")
    with pytest.raises(PenstockError, match=r"a.parquet is not text: upload a corrected file"):
        mends.content_of(1, ["x"])
    with pytest.raises(PenstockError, match="record 2 holds a line end: expected one line"):
        mends.content_of(2, ["{}", "{\n}"])
    with pytest.raises(PenstockError, match="at least one record"):
        mends.content_of(2, [])

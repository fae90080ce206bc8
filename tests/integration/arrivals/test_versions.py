"""New content under a known path: what a replacing dataset tells, and what is loaded of it where
files grow."""

import gzip
import random
from dataclasses import replace

import psycopg
import pytest

from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, Lines
from penstock.errors import PenstockError
from penstock.stations import actions, perform
from penstock.stations.plan import plan
from penstock.stations.verify import verify
from tests.conftest import Declare
from tests.pipeline import configure, ingest, land, replay, states

GROWING = Dataset(
    "growing",
    "Files that producers append to.",
    {"*.csv": Csv(), "*.txt": Lines(separator=" "), "*.csv.gz": Csv()},
    (Text("name"), Integer("size")),
    versions="append",
)


def retract(file_id: int) -> None:
    perform.now(actions.retract(file_id, "mia", "wrong"))


def sealed_files(warehouse: psycopg.Connection) -> list[int]:
    query = "SELECT file_id FROM ingest.file WHERE state = 'sealed' ORDER BY 1"
    return [file_id for (file_id,) in warehouse.execute(query).fetchall()]


def _take_in(path: str, data: bytes) -> None:
    land("growing", path, data)
    ingest("growing")


def _rows(warehouse: psycopg.Connection) -> list[tuple[str, int]]:
    """Name and line of the rows that count."""
    return warehouse.execute(
        """
        SELECT name, _row FROM staging.growing JOIN ingest.file ON file_id = _file_id
        WHERE state = 'sealed' ORDER BY load_seq, _row
        """
    ).fetchall()


def _newest(warehouse: psycopg.Connection) -> tuple[str, list[str], str | None]:
    query = "SELECT state, notes, reason FROM ingest.file ORDER BY file_id DESC LIMIT 1"
    return warehouse.execute(query).fetchone()


def test_another_content_under_a_known_path_is_told(
    warehouse: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [f"2024-01-01T00:00:0{n}Z a@example.org s{n}\n".encode() for n in range(6)]
    told = {
        b"".join(lines[:3]): [],
        b"".join(lines[:4]): [],
        b"".join(lines[4:]): ["shares nothing with version 2, and takes its place"],
        b"".join(lines[4:]).replace(b"s5", b"s7"): [
            "differs from version 3 from byte 75 on, and takes its place"
        ],
    }
    for data, notes in told.items():
        land("events", "app.txt", data)
        ingest("events")
        assert _newest(warehouse) == ("sealed", notes, None)
        assert all(f"app.txt: {note}" in caplog.messages for note in notes)
    land("events", "z.txt.gz", gzip.compress(lines[0]))
    ingest("events")
    land("events", "z.txt.gz", gzip.compress(lines[1]))
    ingest("events")
    assert _newest(warehouse)[1] == ["shares nothing with version 1, and takes its place"]


def test_of_a_file_that_grew_only_what_was_appended_is_loaded(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, declare: Declare
) -> None:
    configure(monkeypatch, block_bytes=16, engine="in_process")
    declare(GROWING)
    head = b"name,size\n"
    many = b"".join(b"r%d,1\n" % n for n in range(30))
    _take_in("a.csv", head + many)
    _take_in("a.csv", head + many + b"s,2\n")
    _take_in("a.csv", head + many + b's,2\n"two\nlines",3\nlast,4')
    expected = [(f"r{n}", n + 2) for n in range(30)]
    expected += [("s", 32), ("two\nlines", 33), ("last", 35)]
    assert _rows(warehouse) == expected
    replay(2)
    ingest("growing")
    assert sorted(_rows(warehouse), key=lambda row: row[1]) == expected
    assert _newest(warehouse)[:2] == ("sealed", [])

    grown = head + many + b's,2\n"two\nlines",3\nlast,4'
    _take_in("a.csv", grown + b"\nmore,5\n")  # what was last has ended meanwhile
    assert _rows(warehouse)[-1] == ("more", 36)
    _take_in("a.csv", grown + b"\nmore,5\n")
    assert _newest(warehouse)[0] == "duplicate"
    _take_in("a.csv", grown)
    assert _newest(warehouse)[2] == "holds only the beginning of version 5: nothing new"
    assert len(_rows(warehouse)) == 34
    assert verify("growing", archive=True) == []


def test_a_record_that_was_not_complete_is_loaded_again_with_its_file(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(GROWING)
    _take_in("a.txt", b"a 1\n")
    _take_in("a.txt", b"a 1\nb 2\nc 3")
    _take_in("a.txt", b"a 1\nb 2\nc 37\nd 4\n")
    assert _newest(warehouse)[1] == [
        "version 2 ends inside a record: all is loaded again in its place"
    ]
    assert {v: s for (_, v), s in states(warehouse).items()} == {
        1: "superseded", 2: "superseded", 3: "sealed"
    }  # fmt: skip
    assert [name for name, _ in _rows(warehouse)] == ["a", "b", "c", "d"]
    _take_in("a.txt", b"a 1\nb 2\nc 37\nd 4\ne 5\n")
    _take_in("a.txt", b"new 1\n")  # another file of that name: a log after its rotation, say
    assert _newest(warehouse)[1] == ["shares nothing with version 4: all of it is added"]
    _take_in("a.txt", b"new 1\nnewer 2\n")
    names = [name for name, _ in _rows(warehouse)]
    assert names == ["a", "b", "c", "d", "e", "new", "newer"]

    _take_in("q.csv", b'name,size\n"open\n')
    _take_in("q.csv", b'name,size\n"open\nand closed",1\n')
    assert _rows(warehouse)[-1] == ("open\nand closed", 2)
    assert verify("growing", archive=True) == []


def test_what_continues_a_rejected_version_is_loaded_whole(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(replace(GROWING, reject_when_bad=0.4))
    _take_in("a.txt", b"a 1\n")
    land("growing", "b.txt", b"bad\nb 1\n")
    plan("growing")
    land("growing", "b.txt", b"bad\nb 1\nc 2\n")
    for _ in range(3):
        ingest("growing")
    assert [name for name, _ in _rows(warehouse)] == ["a", "b", "c"]


def test_a_growing_file_is_retracted_and_brought_back_as_a_whole(
    warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(GROWING)
    _take_in("a.txt", b"rotated 1\n")
    for data in (b"a 1\n", b"a 1\nb 2\n", b"a 1\nb 2\nc 3\n"):
        _take_in("a.txt", data)
    retract(3)
    assert [name for name, _ in _rows(warehouse)] == ["rotated"]
    reasons = warehouse.execute("SELECT file_id, reason FROM ingest.file ORDER BY 1").fetchall()
    assert reasons == [
        (1, None),
        (2, "retracted with file 3 by mia: wrong"),
        (3, "retracted by mia: wrong"),
        (4, "retracted with file 3 by mia: wrong"),
    ]
    replay(4)
    ingest("growing")
    assert sorted(name for name, _ in _rows(warehouse)) == ["a", "b", "c", "rotated"]
    for other in (2, 3):
        with pytest.raises(PenstockError, match="another version counts in its place"):
            replay(other)
    retract(5)
    _take_in("a.txt", b"a 1\nb 2\nc 3\nd 4\n")
    assert sorted(name for name, _ in _rows(warehouse)) == ["a", "b", "c", "d", "rotated"]
    assert verify("growing", archive=True) == []


@pytest.mark.parametrize("seed", range(2))
def test_of_bursts_at_random_each_record_is_loaded_once(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, declare: Declare, seed: int
) -> None:
    """However a file is cut when it is copied, and whatever is replayed or retracted meanwhile."""
    configure(monkeypatch, block_bytes=32, engine="in_process")
    declare(GROWING)
    luck = random.Random(seed)
    records = [luck.choice([f"r{n}", f'"a\n{n}"', f'"x,{n}"']) + f",{n}" for n in range(40)]
    whole = ("name,size\n" + "".join(f"{record}\n" for record in records)).encode()
    for end in sorted({luck.randint(12, len(whole)) for _ in range(8)} | {len(whole)}):
        _take_in("a.csv", whole[:end])
        if luck.random() < 0.4 and (kept := sealed_files(warehouse)):
            replay(luck.choice(kept))
            ingest("growing")
        if luck.random() < 0.2 and (kept := sealed_files(warehouse)):
            retract(luck.choice(kept))
            gone = "SELECT file_id FROM ingest.file WHERE state = 'superseded'"
            whole_first = f"{gone} AND rows_good IS NOT NULL ORDER BY content_bytes DESC, 1 DESC"
            replay(warehouse.execute(whole_first).fetchone()[0])
            ingest("growing")
    found = warehouse.execute(
        "SELECT size FROM staging.growing JOIN ingest.file ON file_id = _file_id"
        " WHERE state = 'sealed' ORDER BY size"
    ).fetchall()
    assert found == [(n,) for n in range(40)]
    assert verify("growing", archive=True) == []

"""Mirrors: rows follow the files in a folder, and nothing in that folder is touched."""

import gzip
import os
import shutil
from pathlib import Path

import psycopg
import pytest

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, JsonLines, Listing
from penstock.errors import PenstockError
from penstock.files import content, landing, settling
from penstock.stations import batch, load
from penstock.stations.plan import plan
from penstock.stations.sense import arrived
from tests.conftest import Declare
from tests.pipeline import configure, ingest, land, pending, replay, settle, states

PEOPLE = Dataset(
    name="things",
    description="A thing a file, by its name.",
    files={"*.csv": Csv(), "*.csv.gz": Csv(), "*.jsonl": JsonLines()},
    columns=(Text("id"), Integer("size")),
    path_pattern=r"(?P<id>[^.]+)\..*",
    mirror=True,
)
IMAGES = Dataset(
    name="images",
    description="Pictures beside the things; nobody reads them.",
    files={"*.png": Listing()},
    columns=(Text("id"), Text("path"), Integer("size_bytes"), Timestamp("modified_at")),
    path_pattern=r"(?:.*/)?(?P<id>[^/]+)\.png",
    folder="things",
    mirror=True,
)
VISIBLE = """
    SELECT id, size FROM staging.things JOIN ingest.file ON file_id = _file_id
    WHERE state = 'sealed' ORDER BY 1, 2
"""


@pytest.fixture(autouse=True)
def declared(warehouse: psycopg.Connection, declare: Declare) -> None:
    declare(PEOPLE, IMAGES)


@pytest.fixture
def folder(home: Path) -> Path:
    return landing.root() / "things"


def write(name: str, size: object, at: int = 1, dataset: str = "things") -> Path:
    path = land(dataset, name, f"size\n{size}\n".encode())
    os.utime(path, (at, at))
    return path


def build(warehouse: psycopg.Connection) -> list[int]:
    """Stand in for dbt: the load_seq of the files whose rows come or go."""
    rows = warehouse.execute(
        "UPDATE ingest.file SET built_at = now() WHERE built_at IS NULL"
        " AND state IN ('sealed', 'superseded') RETURNING load_seq"
    ).fetchall()
    return sorted(seq for (seq,) in rows)


def test_a_mirror_follows_its_folder(warehouse: psycopg.Connection, folder: Path) -> None:
    write("a.csv", 1)
    write("b.csv", 2)
    ingest("things")
    assert warehouse.execute(VISIBLE).fetchall() == [("a", 1), ("b", 2)]
    assert build(warehouse) == [1, 2]
    assert not pending("things")
    assert plan("things") == []

    write("a.csv", 10, at=2)
    (folder / "b.csv").unlink()
    assert pending("things")
    ingest("things")
    assert warehouse.execute(VISIBLE).fetchall() == [("a", 10)]
    gone = warehouse.execute("SELECT state, reason FROM ingest.file WHERE path = 'b.csv'")
    assert gone.fetchall() == [("superseded", "the file is gone")]
    assert pending("things")
    assert build(warehouse) == [1, 2, 3]
    assert not pending("things")

    write("b.csv", 2)
    assert pending("things")
    ingest("things")
    assert warehouse.execute(VISIBLE).fetchall() == [("a", 10), ("b", 2)]
    assert build(warehouse) == [4]
    assert not pending("things")
    assert sorted(path.name for path in folder.glob("*.csv")) == ["a.csv", "b.csv"]
    left = [home for home in ("claimed", "archive", "rejected") if any(walk(folder, home))]
    assert left == []


def walk(folder: Path, area: str) -> list[Path]:
    return [path for path in (folder.parents[1] / area).rglob("*") if path.is_file()]


def test_the_same_content_under_a_new_time_is_a_duplicate_that_goes_with_its_file(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    write("a.csv", 1)
    ingest("things")
    write("a.csv", 1, at=2)
    ingest("things")
    assert states(warehouse) == {("a.csv", 1): "sealed", ("a.csv", 2): "duplicate"}
    build(warehouse)
    assert not pending("things")
    (folder / "a.csv").unlink()
    ingest("things")
    assert states(warehouse) == {("a.csv", 1): "superseded", ("a.csv", 2): "duplicate"}
    build(warehouse)
    write("a.csv", 1, at=2)
    ingest("things")
    assert warehouse.execute(VISIBLE).fetchall() == [("a", 1)]


def test_a_file_that_was_rejected_waits_for_a_change(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    write("a.csv", 1)
    ingest("things")
    write("a.csv", "many", at=2)
    ingest("things")
    assert states(warehouse) == {("a.csv", 1): "sealed", ("a.csv", 2): "rejected"}
    build(warehouse)
    assert not pending("things")
    (folder / "a.csv").unlink()
    ingest("things")
    assert states(warehouse) == {("a.csv", 1): "superseded", ("a.csv", 2): "rejected"}
    assert warehouse.execute(VISIBLE).fetchall() == []


def test_a_file_that_changes_while_it_is_scanned_is_planned_again(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.csv", 1)
    real = content.digest

    def change(path: Path) -> str:
        write("a.csv", 2, at=2)
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(content, "digest", change)
        assert plan("things") == []
    assert states(warehouse) == {}
    assert pending("things")
    ingest("things")
    assert warehouse.execute(VISIBLE).fetchall() == [("a", 2)]
    assert states(warehouse) == {("a.csv", 1): "sealed"}


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
@pytest.mark.parametrize("becomes", ["other", "gone"])
def test_a_file_that_changes_while_it_loads_is_never_half_loaded(
    becomes: str,
    suffix: str,
    warehouse: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    zipped = gzip.compress if suffix == "csv.gz" else bytes
    configure(monkeypatch, block_bytes=1000, engine="in_process")
    name = f"a.{suffix}"
    land("things", name, zipped(b"size\n" + b"1\n" * 3000))
    write("b.csv", 2)
    real, blocks = batch.parse, []

    def change(*arguments: object) -> object:
        blocks.append(arguments)
        if len(blocks) == 3 and becomes == "gone":
            (folder / name).unlink()
        elif len(blocks) == 3:
            os.utime(land("things", name, zipped(b"size\n7\n")), (2, 2))
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(batch, "parse", change)
        sealed = ingest("things")
    assert [(file.path, file.state) for file in sealed.files] == [("b.csv", "sealed")]
    [(state, reason)] = warehouse.execute(
        "SELECT state, reason FROM ingest.file WHERE path = %s", [name]
    ).fetchall()
    assert (state, reason) == ("superseded", "the file changed while it was read")
    settle("things", warehouse)
    assert warehouse.execute(VISIBLE).fetchall() == [("a", 7)] * (becomes == "other") + [("b", 2)]
    build(warehouse)
    assert not pending("things")


def test_a_file_that_goes_between_plan_and_load(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    write("a.csv", 1)
    [part] = plan("things")
    (folder / "a.csv").unlink()
    assert plan("things") == []
    load.load("things", part)
    assert states(warehouse) == {("a.csv", 1): "superseded"}
    assert build(warehouse) == []
    assert not pending("things")


def test_a_folder_that_is_not_there_retires_nothing(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    assert not pending("things")
    assert plan("things") == []
    assert folder.is_dir()
    write("a.csv", 1)
    ingest("things")
    build(warehouse)
    folder.rename(folder.with_name("elsewhere"))
    for look in (plan, arrived):
        with pytest.raises(PenstockError, match=r"the folder .*things is gone: is it mounted\?"):
            look("things")
    folder.mkdir()
    os.utime(folder, (1, 1))  # a mount point, from long before it was mounted over
    with pytest.raises(PenstockError, match="things is not the folder that things mirrors"):
        plan("things")
    assert warehouse.execute(VISIBLE).fetchall() == [("a", 1)]
    folder.rmdir()
    folder.with_name("elsewhere").rename(folder)
    assert not pending("things")


def test_a_folder_that_cannot_be_read_retires_nothing(
    warehouse: psycopg.Connection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("deep/a.csv", 1)
    ingest("things")

    def refuse(path: str) -> object:
        if str(path).endswith("deep"):  # root may read everything
            raise PermissionError(13, "Permission denied")
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PenstockError, match="things cannot be read: Permission denied"):
        plan("things")


def test_a_folder_that_lost_all_its_files_retires_them(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    write("a.csv", 1)
    write("deep/b.csv", 2)
    ingest("things")
    (folder / "a.csv").unlink()
    shutil.rmtree(folder / "deep")
    ingest("things")
    assert set(states(warehouse).values()) == {"superseded"}
    assert warehouse.execute(VISIBLE).fetchall() == []


def test_images_are_listed_and_not_read(
    warehouse: psycopg.Connection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError("a listing reads no content")

    monkeypatch.setattr(content, "open_plain", never)
    monkeypatch.setattr(content, "read_range", never)
    image = land("images", "deep/a.png", b"\x89PNG\0")
    os.utime(image, ns=(1, 1_700_000_000_123_456_789))
    land("images", "b.png", b"")
    assert [f.state for f in ingest("images").files] == ["sealed", "sealed"]
    found = warehouse.execute(
        "SELECT id, path, size_bytes, modified_at::text, _row FROM staging.images ORDER BY id"
    ).fetchall()
    assert found == [
        ("a", "deep/a.png", 5, "2023-11-14 22:13:20.123456+00", 1),
        ("b", "b.png", 0, "1970-01-01 00:00:01+00", 1),
    ]
    assert warehouse.execute("SELECT DISTINCT content_hash FROM ingest.file").fetchall() == [
        (None,)
    ]
    assert not pending("things")
    build(warehouse)
    assert not pending("images")
    image.unlink()
    ingest("images")
    assert states(warehouse) == {("deep/a.png", 1): "superseded", ("b.png", 1): "sealed"}


def test_a_replay_reads_the_file_where_it_is_unless_it_has_changed(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    write("a.csv", 1)
    [first] = ingest("things").files
    replay(first.file_id)
    [second] = ingest("things").files
    assert states(warehouse) == {("a.csv", 1): "superseded", ("a.csv", 2): "sealed"}
    build(warehouse)
    assert not pending("things")
    write("a.csv", 3, at=2)
    with pytest.raises(PenstockError, match="has changed since: its new version loads by itself"):
        replay(second.file_id)


def test_a_name_that_is_not_utf8_is_told_of_once(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    write(os.fsdecode(b"caf\xe9.csv"), 1)
    write("a.csv", 1)
    ingest("things")
    told = warehouse.execute("SELECT path, state, reason FROM ingest.file ORDER BY path").fetchall()
    assert told[0] == ("a.csv", "sealed", None)
    assert told[1][:2] == (r"caf\xe9.csv", "rejected")
    assert told[1][2].startswith("the name is not UTF-8")
    build(warehouse)
    assert not pending("things")
    assert len(list(folder.glob("*.csv"))) == 2


def test_two_looks_at_a_known_folder_write_nothing(
    warehouse: psycopg.Connection, folder: Path
) -> None:
    for n in range(50):
        write(f"{n}.csv", n)
    ingest("things")
    before = warehouse.execute("SELECT max(file_id), max(xmin::text) FROM ingest.file").fetchone()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settling, "is_settled", pytest.fail)  # opens files: only unknown ones' turn
        assert not arrived("things")
        assert plan("things") == []
    after = warehouse.execute("SELECT max(file_id), max(xmin::text) FROM ingest.file").fetchone()
    assert after == before

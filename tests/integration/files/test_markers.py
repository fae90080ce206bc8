"""Done-markers: a file waits for its marker, which goes where the file goes."""

import dataclasses
import hashlib
from pathlib import Path

import psycopg
import pytest

from penstock.declare.columns import Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv
from penstock.files import landing
from penstock.stations.sense import arrived
from tests.conftest import Declare
from tests.pipeline import ingest, land, pending, states

DATA = b"name\nAda\n"
THINGS = Dataset("things", "Things.", {"*": Csv()}, (Text("name"),))


def with_marker(declare: Declare, marker: str) -> None:
    declare(dataclasses.replace(THINGS, done_marker=marker))


@pytest.fixture
def folder(warehouse: psycopg.Connection) -> Path:
    return landing.root() / "things"


@pytest.mark.parametrize("marker", ["{name}.done", "ok-{name}", "_SUCCESS"])
def test_a_file_waits_for_its_marker(
    marker: str, folder: Path, warehouse: psycopg.Connection, declare: Declare
) -> None:
    with_marker(declare, marker)
    place = land("things", "day/a.csv", DATA)
    ingest("things")
    assert states(warehouse) == {}
    assert not pending("things")
    place.with_name(marker.replace("{name}", "a.csv")).touch()
    assert pending("things")
    ingest("things")
    assert states(warehouse) == {("day/a.csv", 1): "sealed"}, "and the marker is no file"
    assert not any(path.is_file() for path in folder.rglob("*")), "the marker is tidied"
    land("things", "day/a.csv", DATA + b"Bea\n")
    assert not arrived("things"), "the next version needs a marker of its own"


def test_a_folders_marker_is_for_all_its_files(
    folder: Path, warehouse: psycopg.Connection, declare: Declare
) -> None:
    with_marker(declare, "_SUCCESS")
    land("things", "one/a.csv", DATA)
    land("things", "one/b.csv", DATA)
    land("things", "two/c.csv", DATA)
    (folder / "one" / "_SUCCESS").touch()
    ingest("things")
    assert set(states(warehouse)) == {("one/a.csv", 1), ("one/b.csv", 1)}


def test_a_stated_checksum_is_compared_before_anything_loads(
    folder: Path, warehouse: psycopg.Connection, declare: Declare
) -> None:
    with_marker(declare, "{name}.sha256")
    right, wrong = hashlib.sha256(DATA).hexdigest(), hashlib.sha256(b"other").hexdigest()
    for name, stated in {"a.csv": right, "b.csv": wrong, "c.csv": right[:40]}.items():
        land("things", name, DATA)
        (folder / f"{name}.sha256").write_text(f"{stated}  {name}\n")
    ingest("things")
    assert states(warehouse) == {("a.csv", 1): "sealed", ("b.csv", 1): "rejected"}
    (reason,) = warehouse.execute("SELECT reason FROM ingest.file WHERE path = 'b.csv'").fetchone()
    assert reason == f"its SHA-256 is {right}, but b.csv.sha256 states {wrong}: land both again"
    assert sorted(path.name for path in folder.iterdir()) == ["c.csv", "c.csv.sha256"]
    (folder / "c.csv.sha256").write_text(right)  # it was half written
    ingest("things")
    assert states(warehouse)["c.csv", 1] == "sealed"


def test_a_dataset_may_take_its_own_time(
    folder: Path, warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(dataclasses.replace(THINGS, settle_seconds=3600.0))
    place = land("things", "a.csv", DATA)
    place.touch()
    assert not pending("things")

"""Nothing that lies in the landing zone is passed over in silence."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from penstock import datasets, ledger
from penstock.arrivals import untaken
from penstock.arrivals.untaken import Kind
from penstock.datasets import get
from penstock.declare.dataset import Dataset
from penstock.errors import HostFault
from penstock.files import landing
from penstock.warehouse import connect
from tests.integration.conftest import Penstock
from tests.pipeline import configure, ingest, land, products, states
from tests.writers import OF_FILES, as_a_service

OLD = time.time() - 7200


@contextmanager
def as_a_user(cluster: Path) -> Iterator[None]:
    """Without root's rights on files: what is forbidden by their modes is forbidden to us too."""
    if os.geteuid() == 0:
        socket = cluster / "postgres" / ".s.PGSQL.5432"
        for place in (cluster, cluster / "postgres", socket):
            place.chmod(place.stat().st_mode | (0o777 if place == socket else 0o011))
    with as_a_service(OF_FILES):
        yield


def put(path: str, *, old: bool = True) -> Path:
    place = landing.root() / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(products(1))
    if old:
        os.utime(place, (OLD, OLD))
    return place


def odd_things() -> dict[str, tuple[Kind, str]]:
    """Everything that is not taken, with its kind and a part of its reason."""
    folder = landing.folder(get("products"))
    (folder.parents[1] / "elsewhere").mkdir()
    (folder / "batch").symlink_to(folder.parents[1] / "elsewhere", target_is_directory=True)
    os.mkfifo(folder / "pipe")
    for name in (
        *(
            "products/votes.xls",
            "products/a\nb\x1b[31m.xls",
            "products/.a.csv",
            "products/.DS_Store",
        ),
        *("products/b.csv.part", "products/c.csv.tmp", "products/.git/config", "lost.csv"),
        *("product/in.csv", "people/notes.txt", "access_log/errors.txt"),
    ):
        put(name)
    put(os.fsdecode(b"products/caf\xe9.xls"))
    (landing.root() / "empty").mkdir()
    takes = "products takes files named *.csv; rename it"
    return {
        "products/batch": (Kind.LINK, "a symbolic link to a folder"),
        "products/pipe": (Kind.NAME, takes),
        "products/votes.xls": (Kind.NAME, takes),
        r"products/a\x0ab\x1b[31m.xls": (Kind.NAME, takes),
        r"products/caf\xe9.xls": (Kind.NAME, takes),
        "products/.a.csv": (Kind.HIDDEN, "hidden"),
        "products/.DS_Store": (Kind.HIDDEN, "hidden"),
        "products/.git": (Kind.HIDDEN, "hidden"),
        "products/b.csv.part": (Kind.UNFINISHED, "incomplete"),
        "products/c.csv.tmp": (Kind.UNFINISHED, "incomplete"),
        "product/": (Kind.FOLDER, "did you mean products/?"),
        "lost.csv": (Kind.FOLDER, "move it to articles/ or clickstream/ or"),
        "people/notes.txt": (Kind.NAME, "people_images takes files named"),
        "access_log/errors.txt": (Kind.NAME, "access_log takes files named *.log or"),
    }


def test_everything_that_is_not_taken_is_told_with_its_reason(
    warehouse: psycopg.Connection, home: Path
) -> None:
    expected = odd_things()
    put("products/ready.csv")
    with put("products/open.csv").open("ab"):
        with connect("reader") as connection:
            found = {one.path: one for one in untaken.find(connection=connection)}
        writer = found.pop("products/open.csv")
    assert (writer.kind, writer.needs_person) == (Kind.WRITTEN, True)
    assert f"process {os.getpid()} (" in writer.reason
    assert found.pop("products/ready.csv").kind is Kind.READY
    assert {path: one.kind for path, one in found.items()} == {
        path: kind for path, (kind, _) in expected.items()
    }
    for path, (_, reason) in expected.items():
        assert reason in found[path].reason
    calm = {path for path, one in found.items() if not one.needs_person}
    assert calm == {"products/.DS_Store", "products/.git"}
    ingest("products")
    (message,) = warehouse.execute(
        "SELECT message FROM ingest.incident WHERE kind = 'untaken' AND resolved_at IS NULL"
    ).fetchone()
    assert "products/votes.xls: products takes" in message
    for name in ("products", "product", "lost.csv"):
        place = landing.root() / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    ingest("products")
    left = warehouse.execute("SELECT count(*) FROM ingest.incident WHERE resolved_at IS NULL")
    assert left.fetchone() == (0,)


def test_young_unfinished_files_wait_for_nobody(home: Path) -> None:
    put("products/a.csv.part", old=False)
    (one,) = untaken.find(get("products"))
    assert (one.kind, one.needs_person) == (Kind.UNFINISHED, False)


def test_files_and_markers_without_one_another(home: Path) -> None:
    like = get("products")
    for marker, lone in (("{name}.done", "gone.csv.done"), ("_SUCCESS", "day/_SUCCESS")):
        things = Dataset("things", "Things.", like.files, like.columns, done_marker=marker)
        with datasets.only(things):
            put("things/a.csv")
            put(f"things/{lone}")
            found = {one.path: one.reason for one in untaken.find(things)}
        assert found.pop("things/a.csv") == f"waits for its marker {marker.format(name='a.csv')}"
        assert found[f"things/{lone}"].startswith("a marker, but ")
        shutil.rmtree(landing.root() / "things")


def test_one_file_that_cannot_be_moved_holds_up_no_other(
    warehouse: psycopg.Connection, home: Path, cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, engine="in_process")
    land("products", "sub/in.csv", products(1))
    land("products", "locked/in.csv", products(1))
    land("products", os.fsdecode(b"sub/caf\xe9.csv"), products(1, "q"))
    land("products", "good.csv", products(2))
    folder = landing.folder(get("products"))
    (folder / "sub").chmod(0o555)
    (folder / "locked").chmod(0)
    with as_a_user(cluster):
        ingest("products")
        assert states(warehouse)["good.csv", 1] == "sealed"
        with connect("reader") as connection:
            found = {u.path: u for u in untaken.find(get("products"), connection)}
            with pytest.raises(HostFault, match=r"sub/in\.csv.*Permission denied"):
                ledger.check_nothing_waits(connection, "products")
        for name in ("products/sub/in.csv", r"products/sub/caf\xe9.csv"):
            assert found[name].kind is Kind.HELD
            assert "Permission denied; let the user" in found[name].reason
        assert found["products/locked"].kind is Kind.UNREADABLE
    (folder / "sub").chmod(0o755)
    (folder / "locked").chmod(0o755)
    warehouse.execute("UPDATE ingest.file SET retry_at = now() WHERE retry_at IS NOT NULL")
    ingest("products")
    assert set(states(warehouse).values()) == {"sealed"}
    assert len(states(warehouse)) == 4


def test_names_of_any_length_load(
    warehouse: psycopg.Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, engine="in_process")
    long = "n" * 251 + ".csv"
    land_here = landing.folder(get("products"))
    for name in (long, os.fsdecode(b"\xe9" * 200 + b".csv")):
        (land_here / name).write_bytes(products(1))
        os.utime(land_here / name, (1, 1))
    (home / "kept").hardlink_to(land_here / long)  # so it is read from a copy
    ingest("products")
    assert list(states(warehouse).values()) == ["sealed", "sealed"]


def test_the_command_line_tells_what_is_not_taken(
    penstock: Penstock, home: Path, tmp_path: Path
) -> None:
    put("products/a.xls")
    done = penstock("load", "products")
    assert (done.returncode, done.stdout) == (1, "No new file.\n")
    assert "not taken: products/a.xls: products takes files named *.csv" in done.stderr
    listed = penstock("files", "products", "--waiting", "--json")
    assert listed.returncode == 1
    assert [(one["path"], one["kind"]) for one in json.loads(listed.stdout)] == [
        ("products/a.xls", "name")
    ]
    assert "not taken: products/a.xls" in penstock("status").stderr
    given = tmp_path / "in"
    (given / "sub").mkdir(parents=True)
    long = "n" * 251 + ".csv"
    for name in (long, "other.xls", "sub/b.CSV"):
        (given / name).write_bytes(products(1, name[:3]))
    (given / "link").symlink_to(tmp_path, target_is_directory=True)
    done = penstock("load", "products", given, "--json")
    assert done.returncode == 1
    assert {e["path"]: e["state"] for e in json.loads(done.stdout)} == {
        long: "sealed",
        "sub/b.CSV": "sealed",
    }
    for name in ("other.xls", "link"):
        assert f"{given / name} is not taken: products takes files named *.csv" in done.stderr


def test_a_folder_with_a_file_that_cannot_be_read_lands_nothing(
    home: Path, cluster: Path, tmp_path: Path
) -> None:
    from penstock.cli.ingest import load_files as load

    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(products(1))
    (tmp_path / "b.csv").chmod(0)
    landing.folder(get("products"))
    with as_a_user(cluster), pytest.raises(PermissionError, match=r"b\.csv"):
        load(get("products"), [tmp_path / "a.csv", tmp_path / "b.csv"], True, print)
    assert list(landing.folder(get("products")).iterdir()) == []

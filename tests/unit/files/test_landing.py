"""Landing: what counts as landed, and how it leaves."""

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.datasets import get
from penstock.errors import PenstockError
from penstock.files import landing, settling
from penstock.settings import settings

PRODUCTS = get("products")


@pytest.fixture
def folder(bare_home: Path) -> Path:
    """Where products land."""
    assert bare_home == settings().home
    return landing.folder(PRODUCTS)


def land(folder: Path, name: str, age: float = 60) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def settled() -> list[str]:
    paths = [landed.path for landed in settling.settled(PRODUCTS)]
    assert settling.anything_settled(PRODUCTS) == bool(paths)
    return paths


def test_a_file_counts_once_it_stood_still(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_SETTLE_SECONDS", "30")
    settings.cache_clear()
    land(folder, "new.csv", age=10)
    assert settled() == []
    land(folder, "old.csv", age=40)
    assert settled() == ["old.csv"]


def test_unfinished_hidden_and_foreign_names_never_count(folder: Path) -> None:
    names = ("a.csv.part", "b.tmp", "b.csv.tmp", ".c.csv", ".d/e.csv", "f.txt", "g.csv~")
    for name in names:
        land(folder, name)
    assert settled() == []
    land(folder, "a.csv.part").rename(folder / "a.csv")
    assert settled() == ["a.csv"]


def test_nested_paths_are_told_below_the_dataset_in_order(folder: Path) -> None:
    for name in ("z.csv", "2024/05/b.csv", "2024/a.csv.gz", "with space/é.csv"):
        land(folder, name)
    assert sorted(settled()) == ["2024/05/b.csv", "2024/a.csv.gz", "with space/é.csv", "z.csv"]


def test_a_file_that_a_process_writes_to_does_not_count(folder: Path) -> None:
    path = land(folder, "slow.csv")
    hold = "import sys; f = open(sys.argv[1], 'a'); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout
        writer.stdout.readline()
        assert settled() == []
        writer.communicate()
    assert settled() == ["slow.csv"]


def test_a_file_that_a_process_reads_counts(folder: Path) -> None:
    with land(folder, "read.csv").open("rb"):
        assert settled() == ["read.csv"]


def odd_things(folder: Path) -> Iterator[tuple[str, str]]:
    target = land(folder.parent, "elsewhere")
    (folder / "link.csv").symlink_to(target)
    yield "link.csv", "symbolic link"
    (folder / "dangling.csv").symlink_to(folder / "nothing")
    yield "dangling.csv", "symbolic link"
    (folder / "linked_folder.csv").symlink_to(folder.parent, target_is_directory=True)
    yield "linked_folder.csv", "symbolic link"
    (folder / "empty.csv").mkdir()
    yield "empty.csv", "a folder"
    os.mkfifo(folder / "pipe.csv")
    yield "pipe.csv", "pipe"
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path must be short
        listener.bind("socket.csv")
        os.chdir(here)
    yield "socket.csv", "socket"


def test_what_is_no_file_counts_so_that_its_owner_is_told(folder: Path) -> None:
    told = dict(odd_things(folder))
    then = time.time() - 60
    for name in told:
        os.utime(folder / name, (then, then), follow_symlinks=False)
    assert sorted(settled()) == sorted(told)
    for name, why in told.items():
        assert why in (landing.why_not_a_file(folder / name) or "")


def test_a_folder_named_as_a_file_with_files_in_it_is_a_folder(folder: Path) -> None:
    land(folder, "day.csv/a.csv")
    assert settled() == ["day.csv/a.csv"]


def test_a_file_is_nothing_odd(folder: Path) -> None:
    assert landing.why_not_a_file(land(folder, "a.csv")) is None


def test_a_file_that_may_not_be_read_counts(folder: Path) -> None:
    land(folder, "secret.csv").chmod(0)
    assert settled() == ["secret.csv"]


def test_a_name_that_is_not_utf8_is_made_readable(folder: Path) -> None:
    land(folder, os.fsdecode(b"caf\xe9/\xff.csv"))
    [found] = settling.settled(PRODUCTS)
    assert landing.with_readable_name(PRODUCTS, found).path == "caf\\xe9/\\xff.csv"
    assert settled() == ["caf\\xe9/\\xff.csv"]
    assert (folder / "caf\\xe9/\\xff.csv").read_text() == "x"


def test_the_etag_changes_with_size_and_time(folder: Path) -> None:
    path = land(folder, "a.csv")
    [first] = settling.settled(PRODUCTS)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    [second] = settling.settled(PRODUCTS)
    assert first.etag != second.etag
    assert first.size_bytes == 1


def test_a_file_moves_across_the_areas(folder: Path) -> None:
    source = land(folder, "2024/a.csv")
    claimed = landing.place("claimed", "products", 7, "2024/a.csv")
    archived = landing.place("archive", "products", 7, "2024/a.csv")
    assert landing.move(source, claimed)
    assert not landing.move(source, claimed)
    assert landing.move(claimed, archived)
    assert archived.read_text() == "x"
    landing.remove_empty_folders("products")
    assert list((settings().home / "claimed" / "products").iterdir()) == []


def test_a_move_that_cannot_be_atomic_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    source = land(folder, "a.csv")
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PenstockError, match=r"cannot move .*a\.csv to .*cross-device"):
        landing.move(source, folder / "b.csv")


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_the_landing_zone_may_be_elsewhere(
    bare_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setenv("PENSTOCK_LANDING_URL", f"{prefix}{tmp_path}/drop")
    settings.cache_clear()
    assert landing.folder(PRODUCTS) == tmp_path / "drop" / "products"
    assert not bare_home.exists()


def test_a_landing_zone_that_is_no_folder_is_told(
    bare_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_LANDING_URL", "s3://bucket/drop")
    settings.cache_clear()
    with pytest.raises(PenstockError, match=r"s3://bucket/drop: expected a path or file://"):
        landing.root()
    assert not bare_home.exists()


def test_a_time_in_the_future_tells_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(folder, "ahead.csv", age=-3600)
    monkeypatch.setenv("PENSTOCK_SETTLE_SECONDS", "600")
    settings.cache_clear()
    assert settled() == [], "it has only just been written"
    monkeypatch.setenv("PENSTOCK_SETTLE_SECONDS", "0.001")
    settings.cache_clear()
    time.sleep(0.01)
    assert settled() == ["ahead.csv"]


def test_a_file_of_before_the_clock_was_set_back_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = land(folder, "ahead.csv", age=-3600)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 7200)
    monkeypatch.setattr(time, "time_ns", lambda: int((real() - 7200) * 1e9))
    assert settled() == ["ahead.csv"]
    monkeypatch.setattr(time, "sleep", lambda _: place.write_text("more"))
    assert settling.settled(PRODUCTS) == [], "it grew while it was looked at"

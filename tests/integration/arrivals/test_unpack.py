"""Zip archives: members become files of their own, exactly once wherever the loader is killed."""

import io
import itertools
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from penstock import ledger
from penstock.arrivals.archive import check_archive
from penstock.errors import PenstockError
from penstock.files import landing
from penstock.stations import restore
from penstock.stations.verify import verify
from penstock.warehouse import connect
from tests.pipeline import (
    configure,
    counts,
    events,
    exit_code,
    fork,
    ingest,
    land,
    replay,
    settle,
    states,
)

KILLED = 9
_MOST_STEPS = 60


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            archive.writestr(member, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def notes(warehouse: psycopg.Connection, path: str) -> list[str]:
    query = "SELECT notes FROM ingest.file WHERE path = %s ORDER BY version"
    return list(warehouse.execute(query, [path]).fetchone()[0])


def test_members_are_files_and_a_new_archive_brings_what_changed(
    home: Path, warehouse: psycopg.Connection
) -> None:
    first = {"a.txt": events(3), "deep/B.TXT": events(4, 1), "readme.md": b"x", "c.txt": b"\0\1"}
    land("events", "x.ZIP", zipped(first))
    ingest("events")
    assert states(warehouse) == {
        ("x.ZIP", 1): "sealed",
        ("x.ZIP/a.txt", 1): "sealed",
        ("x.ZIP/deep/B.TXT", 1): "sealed",
        ("x.ZIP/c.txt", 1): "rejected",
    }
    assert counts(warehouse, "events") == (7, 7, 1)
    assert notes(warehouse, "x.ZIP") == ["unpacked into 3 files", "not taken: readme.md"]
    land("events", "x.ZIP", zipped(first))
    ingest("events")
    assert states(warehouse)["x.ZIP", 2] == "duplicate"
    assert ("x.ZIP/a.txt", 2) not in states(warehouse)
    land("events", "x.ZIP", zipped(first | {"a.txt": events(9)}))
    ingest("events")
    assert states(warehouse)["x.ZIP/a.txt", 2] == "sealed"
    assert states(warehouse)["x.ZIP/a.txt", 1] == "superseded"
    assert states(warehouse)["x.ZIP/deep/B.TXT", 2] == "duplicate"
    assert not any((home / "claimed" / "events").iterdir())
    with connect("loader", autocommit=True) as connection:
        assert check_archive(connection) == []
    assert [found for found in verify("events") if found.kind != "marts"] == []
    _replays(warehouse)
    restored = [path for _, path in _kept_paths(home)]
    assert "x.ZIP/a.txt" in restored
    assert "x.ZIP" not in restored


def _replays(warehouse: psycopg.Connection) -> None:
    ids = dict(warehouse.execute("SELECT path, max(file_id) FROM ingest.file GROUP BY path"))
    with pytest.raises(PenstockError, match="has no rows: replay the files that came out of it"):
        replay(ids["x.ZIP"])
    replay(ids["x.ZIP/a.txt"])
    settle("events", warehouse)
    assert states(warehouse)["x.ZIP/a.txt", 3] == "sealed"


def _kept_paths(home: Path) -> list[tuple[Path, str]]:
    from penstock.datasets import get

    files = restore._files(get("events"), home / "archive" / "events")
    return [(place, path) for path, place in files]


def _encrypted(data: bytes) -> bytes:
    at = data.index(b"PK\x01\x02")
    return data[:6] + b"\1" + data[7 : at + 8] + b"\1" + data[at + 9 :]


def _linked(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo(name)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def _lying() -> bytes:
    """Its headers say that a member is shorter than it is."""
    data = bytearray(zipped({"a.txt": events(1000)}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


GOOD = zipped({"a.txt": events(3)})
REFUSED = {
    "damaged.zip": (GOOD[:-30], "the zip is damaged: "),
    "torn.zip": (GOOD.replace(GOOD[60:70], b"?" * 10), "the zip is damaged: "),
    "text.zip": (b"no zip", "the zip is damaged: "),
    "encrypted.zip": (_encrypted(GOOD), "holds 'a.txt', which is encrypted"),
    "nested.zip": (zipped({"b.zip": GOOD}), "'b.zip', which is an archive in an archive"),
    "above.zip": (zipped({"../a.txt": b"x"}), "'../a.txt', which is a path that leads elsewhere"),
    "windows.zip": (zipped({"..\\a.txt": b"x"}), "which is a path that leads elsewhere"),
    "root.zip": (zipped({"/a.txt": b"x"}), "'/a.txt', which is a path that leads elsewhere"),
    "drive.zip": (zipped({"c:a.txt": b"x"}), "which is a path that leads elsewhere"),
    "link.zip": (_linked("a.txt"), "'a.txt', which is a symbolic link"),
    "twice.zip": (zipped({"a.txt": b"x", "b.txt": b"y"}).replace(b"b.txt", b"a.txt"), "more than"),
    "folder.zip": (zipped({"a.txt": b"x", "a.txt/b.txt": b"y"}), "'a.txt' more than once"),
    "long.zip": (zipped({"a" * 256 + ".txt": b"x"}), "a name longer than 255 bytes"),
    "bytes.zip": (zipped({"caf?.txt": b"x"}).replace(b"caf?", b"caf\xe9"), "is not in UTF-8"),
    "none.zip": (zipped({"a.md": b"x"}), "holds no file that events takes: found a.md"),
    "empty.zip": (zipped({}), "holds no file that events takes: found nothing"),
    "bomb.zip": (zipped({"a.txt": bytes(70 << 20)}), "unpacks to more than 67,108,864 bytes"),
    "lying.zip": (_lying(), "the zip is damaged: "),
}


def test_an_archive_that_cannot_be_trusted_is_refused_as_a_whole(
    home: Path, warehouse: psycopg.Connection
) -> None:
    for name, (data, _) in REFUSED.items():
        land("events", name, data)
    ingest("events")
    told = dict(warehouse.execute("SELECT path, reason FROM ingest.file"))
    assert told.keys() == REFUSED.keys()
    for name, (_, why) in REFUSED.items():
        assert why in (told[name] or ""), name
    assert set(states(warehouse).values()) == {"rejected"}
    assert not any((home / "claimed" / "events").iterdir())


STEPS: list[tuple[Any, str]] = [
    (landing, "stat_file"),
    (landing, "move"),
    (ledger, "mark_claimed"),
    (ledger, "mark_scanned"),
    (ledger, "register_members"),
    (ledger, "mark_loaded"),
    (ledger, "mark_archived"),
]


def _killed_at(step: int, patch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Load, but be killed before the call of that number of one of our steps, or after it."""
    calls = itertools.count()

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if next(calls) == step:
                os._exit(KILLED)
            result = real(*arguments, **named)
            if next(calls) == step:
                os._exit(KILLED)
            return result

        return call

    def run() -> None:
        for module, name in STEPS:
            patch.setattr(module, name, watched(getattr(module, name)))
        ingest("events")

    return run


def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(
    home: Path, warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, engine="in_process")
    step = 0
    for step in range(_MOST_STEPS):
        members = {f"{n}.txt": events(2 + n, tag=f"{step}-") for n in range(2)}
        land("events", f"{step}.zip", zipped(members))
        code = exit_code(fork(_killed_at(step, monkeypatch)))
        settle("events", warehouse)
        if code != KILLED:
            break
    assert 15 < step < _MOST_STEPS - 1
    names = ("", "/0.txt", "/1.txt")
    assert states(warehouse) == {
        (f"{n}.zip{name}", 1): "sealed" for n in range(step + 1) for name in names
    }
    rows = 5 * (step + 1)
    assert counts(warehouse, "events") == (rows, rows, 0)
    assert not any((home / "claimed" / "events").iterdir())

"""From the landing zone to blocks: every file is claimed once and told of, whatever breaks."""

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from penstock import ledger
from penstock.arrivals import claim
from penstock.files import content, landing
from penstock.stations.plan import plan
from tests.pipeline import (
    configure,
    counts,
    events,
    exit_code,
    fork,
    ingest,
    land,
    pending,
    retry_now,
    settle,
    states,
)


def test_what_is_no_file_of_ours_is_rejected_and_the_others_load(
    home: Path, warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=1000, max_record_bytes=5000)
    land("events", "good.txt", events(20, 2))
    land("events", "empty.txt", b"")
    land("events", "blank.txt", b"\xef\xbb\xbf \n\n")
    land("events", "binary.txt", b"\x7fELF" + bytes(range(256)) * 10)
    land("events", "long.txt", events(2) + b"x" * 9000)
    land("events", "cut.txt.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3cut")
    top = landing.root() / "events"
    (top / "folder.txt").mkdir()
    (top / "link.txt").symlink_to("/etc/hostname")
    os.mkfifo(top / "pipe.txt")
    for name in ("folder.txt", "link.txt", "pipe.txt"):
        os.utime(top / name, (1, 1), follow_symlinks=False)
    ingest("events")
    rows = warehouse.execute("SELECT path, state, reason, location FROM ingest.file").fetchall()
    said = {path: (state, reason) for path, state, reason, _ in rows}
    assert said.pop("good.txt") == ("sealed", None)
    assert {state for state, _ in said.values()} == {"rejected"}
    assert {path: reason.split(":")[0] for path, (_, reason) in said.items()} == {
        "empty.txt": "the file is empty",
        "blank.txt": "the file is empty",
        "binary.txt": "the file is a program, expected text in UTF-8",
        "long.txt": "line 3",
        "cut.txt.gz": "the gzip is damaged",
        "folder.txt": "a folder, expected a file",
        "link.txt": "a symbolic link, expected a file",
        "pipe.txt": "a device, pipe or socket, expected a file",
    }
    assert counts(warehouse, "events") == (20, 20, 2)
    for path, state, _, location in rows:
        area = "archive" if state == "sealed" else "rejected"
        assert Path(location).is_relative_to(home / area), path
        assert os.path.lexists(location), path
    assert not any(top.iterdir())
    warehouse.execute("UPDATE ingest.file SET built_at = now() WHERE state = 'sealed'")
    assert not pending("events")


def test_a_file_we_may_not_read_waits_until_we_may(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "a.txt", events(2))
    land("events", "b.txt", events(2))
    real = content.open_plain

    def refuse(source: content.Source) -> object:
        if source.place.name == "a.txt":  # root may read everything: the tests cannot lock it up
            raise PermissionError(13, "Permission denied", str(source.place))
        return real(source)

    monkeypatch.setattr(content, "open_plain", refuse)
    ingest("events")
    assert states(warehouse) == {("a.txt", 1): "claimed", ("b.txt", 1): "sealed"}
    (told,) = warehouse.execute("SELECT waits_for FROM ingest.file WHERE path = 'a.txt'").fetchone()
    assert "events/1/a.txt: Permission denied; let the user" in told
    monkeypatch.setattr(content, "open_plain", real)
    retry_now(warehouse)
    ingest("events")
    assert states(warehouse) == {("a.txt", 1): "sealed", ("b.txt", 1): "sealed"}


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("odd")])
def test_a_file_that_breaks_the_scan_does_not_stop_the_others(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    land("events", "a.txt", events(2))
    land("events", "b.txt", events(2))
    real = content.open_plain

    def fail(source: content.Source) -> object:
        if source.place.name == "a.txt":
            raise error
        return real(source)

    monkeypatch.setattr(content, "open_plain", fail)
    ingest("events")
    assert states(warehouse) == {("a.txt", 1): "claimed", ("b.txt", 1): "sealed"}
    monkeypatch.setattr(content, "open_plain", real)
    retry_now(warehouse)
    ingest("events")
    assert states(warehouse) == {("a.txt", 1): "sealed", ("b.txt", 1): "sealed"}


def test_a_name_that_is_not_utf8_is_loaded_under_a_readable_one(
    warehouse: psycopg.Connection,
) -> None:
    path = os.fsdecode(b"caf\xe9.txt")
    land("events", path, events(3))
    land("events", "with\nnewline 'and' \"quotes\".txt", events(3))
    ingest("events")
    assert set(states(warehouse).values()) == {"sealed"}
    assert (r"caf\xe9.txt", 1) in states(warehouse)


def test_unfinished_files_wait(warehouse: psycopg.Connection) -> None:
    land("events", "a.txt.part", events(2))
    land("events", ".hidden.txt", events(2))
    growing = land("events", "growing.txt", events(2))
    with growing.open("ab") as writer:
        os.utime(growing, (1, 1))
        assert plan("events") == []
        assert not pending("events")
        writer.write(events(1))
    os.utime(growing, (1, 1))
    assert pending("events")
    ingest("events")
    assert counts(warehouse, "events") == (3, 3, 0)


def test_parts_hold_ids_only_and_are_bounded(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, block_bytes=1000, part_bytes=3000)
    land("events", "a.txt", events(200))
    parts = plan("events")
    assert len(parts) > 2
    assert all(part["bytes"] <= 3000 for part in parts)
    blocks = warehouse.execute("SELECT count(*) FROM ingest.block").fetchone()[0]
    assert sum(part["blocks"] for part in parts) == blocks
    assert plan("events") == parts  # a plan that is repeated says the same


STEPS = {
    ledger: (
        "register",
        "mark_claimed",
        "mark_scanned",
        "mark_duplicates",
        "reject",
        "forget",
        "mark_archived",
    ),
    landing: ("move",),
    claim: ("copy",),
}


@pytest.mark.timeout(300)
def test_a_crash_between_any_two_steps_is_mended_by_the_next_run(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, engine="in_process")
    step, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        for data, path in ((events(4, 1), "good"), (b"", "empty"), (events(3), "again")):
            landed = land("events", f"{path}-{step}.txt", data)
        (landing.root() / f"kept-{step}").hardlink_to(landed)  # so that "again" is copied
        land("events", "same.txt", events(2))
        code = exit_code(fork(partial(_ingest_until, step)))
        settle("events", warehouse)
        step += 1
    assert code == 0
    assert step > 20
    found = states(warehouse)
    assert sum(state == "rejected" for state in found.values()) == step
    assert sum(state == "duplicate" for state in found.values()) == step - 1
    assert counts(warehouse, "events") == (7 * step + 2, 7 * step + 2, step)
    places = warehouse.execute("SELECT location, archived_at FROM ingest.file").fetchall()
    assert all(Path(place).exists() and archived for place, archived in places)
    assert not any((landing.root() / "events").iterdir())


def _ingest_until(step: int) -> None:
    """Ingest, but die at `step`: counted before and after each step that leaves a trace."""
    left = step

    def maybe_die() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object) -> object:
            maybe_die()
            done = real(*arguments)
            maybe_die()
            return done

        return wrapped

    module: ModuleType
    for module, names in STEPS.items():
        for name in names:
            setattr(module, name, dying(getattr(module, name)))
    ingest("events")


def test_two_plans_at_once_claim_each_file_once(warehouse: psycopg.Connection) -> None:
    for n in range(60):
        land("events", f"{n}.txt", events(2))
    both = [fork(lambda: plan("events")) for _ in range(2)]
    assert [exit_code(process) for process in both] == [0, 0]
    settle("events", warehouse)
    assert counts(warehouse, "events") == (120, 120, 0)
    assert set(states(warehouse).values()) == {"sealed"}

"""The spool of votes: what is acknowledged lands once, what is torn never."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from penstock.datasets.votes import votes
from penstock.errors import PenstockError
from penstock.files import landing, settling
from penstock.intake import votes as intake
from penstock.intake.votes import Slot, Spool
from tests.pipeline import configure


@pytest.fixture
def folder(bare_home: Path) -> Path:
    """The folder of the slots."""
    folder = landing.folder(votes) / ".spool"
    folder.mkdir()
    return folder


def _line(n: int) -> bytes:
    return b'{"candidate": "1", "n": %d}\n' % n


def _landed(folder: Path) -> list[bytes]:
    files = sorted(folder.parent.glob("*.jsonl"))
    return sorted(line for file in files for line in file.read_bytes().splitlines(keepends=True))


def _die(slot: Slot) -> None:
    """What SIGKILL leaves: the file as it is, the lock gone."""
    os.close(slot._lock)
    if slot._file is not None:
        os.close(slot._file)


def test_a_slot_has_one_holder(folder: Path) -> None:
    first = Slot.take(folder, 0)
    assert first
    assert Slot.take(folder, 0) is None
    first.release()
    again = Slot.take(folder, 0)
    assert again
    again.release()


@pytest.mark.parametrize(
    "torn", [b"", b'{"cand', b'{"candidate": "1"}', b"\0" * 99, b"\xff\n", b"7\n"]
)
def test_what_a_dead_process_left_lands_without_its_torn_end(folder: Path, torn: bytes) -> None:
    slot = Slot.take(folder, 3)
    assert slot
    slot.append(_line(1) + _line(2))
    slot.append(_line(3))
    with (folder / "3.jsonl").open("ab") as file:
        file.write(torn)
    _die(slot)
    assert _landed(folder) == []
    after = Slot.take(folder, 3)
    assert after
    assert _landed(folder) == [_line(1), _line(2), _line(3)]
    after.append(_line(4))
    after.release()
    assert _landed(folder) == [_line(n) for n in (1, 2, 3, 4)]


def test_nothing_but_a_torn_line_leaves_no_file(folder: Path) -> None:
    (folder / "0.jsonl").write_bytes(b'{"candidate"')
    slot = Slot.take(folder, 0)
    assert slot
    slot.release()
    assert list(folder.parent.glob("*.jsonl")) == []
    assert list(folder.glob("*.jsonl")) == []


def test_a_write_that_fails_leaves_nothing_of_itself(folder: Path, monkeypatch) -> None:
    slot = Slot.take(folder, 0)
    assert slot
    slot.append(_line(1))
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(intake.os, "write", lambda file, data: write(file, data[:9]))
        with pytest.raises(OSError, match="wrote 9 of"):
            slot.append(_line(2))
    slot.append(_line(3))
    slot.release()
    assert _landed(folder) == [_line(1), _line(3)]


def test_a_spool_lands_what_others_left_and_only_that(folder: Path) -> None:
    dead, living = Slot.take(folder, 1), Slot.take(folder, 2)
    assert dead
    assert living
    dead.append(_line(1))
    living.append(_line(2))
    _die(dead)

    async def one_life() -> None:
        spool = Spool()
        await spool.open()
        await asyncio.gather(*(spool.add(_line(n)) for n in range(10, 30)))
        await spool.close()

    asyncio.run(one_life())
    assert set(_landed(folder)) == {_line(n) for n in (1, *range(10, 30))}
    assert len(_landed(folder)) == 21
    living.release()
    assert _line(2) in _landed(folder)


def test_what_has_landed_counts_at_once_and_is_a_file_of_the_dataset(folder: Path) -> None:
    slot = Slot.take(folder, 0)
    assert slot
    slot.append(_line(1))
    assert settling.settled(votes) == [], "what is in the spool has not landed"
    slot.release()
    assert len(settling.settled(votes)) == 1


def test_a_file_is_landed_when_it_is_a_block_long(folder: Path, monkeypatch) -> None:
    configure(monkeypatch, block_bytes=3 * len(_line(1)))
    slot = Slot.take(folder, 0)
    assert slot
    for n in range(1, 8):
        slot.append(_line(n))
    assert _landed(folder) == [_line(n) for n in range(1, 7)]
    slot.release()


def test_more_processes_than_slots_are_told(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(intake, "SLOTS", 1)
    slot = Slot.take(folder, 0)
    assert slot

    async def open_one_more() -> None:
        await Spool().open()

    with pytest.raises(PenstockError, match="1 processes take votes here already"):
        asyncio.run(open_one_more())
    slot.release()


def test_a_disk_that_fails_while_a_slot_is_recovered_costs_no_vote(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Slot.take(folder, 0)
    dead.append(_line(1) + _line(2))
    _die(dead)
    slot = Slot(folder, 0, os.open(folder / "0.lock", os.O_RDWR))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _broken)
        with pytest.raises(OSError, match="Input"):
            slot.append(_line(3))
    slot.append(_line(4))
    slot.release()
    assert _landed(folder) == [_line(1), _line(2), _line(4)]


def _broken(_: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))

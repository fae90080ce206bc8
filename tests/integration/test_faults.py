"""Whatever fails on the machine, wherever: no file is rejected for it, and none is lost."""

import errno
import gzip
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from penstock import ledger
from penstock.arrivals import archive
from penstock.errors import HostFault, faults
from penstock.files import content, landing
from penstock.marts import build
from penstock.warehouse import connect
from tests.integration.conftest import SmallDisk
from tests.pipeline import (
    configure,
    counts,
    events,
    ingest,
    land,
    pending,
    retry_now,
    states,
)

ERRNOS = [
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    *(errno.ESTALE, errno.EROFS, errno.EACCES, errno.EPERM, errno.ETIMEDOUT, errno.ENODEV),
    *(errno.ENOTCONN, errno.EAGAIN, errno.ENXIO, errno.EFBIG, errno.EBUSY),
]


ERRORS = [*(OSError(n, os.strerror(n)) for n in ERRNOS), MemoryError()]


@dataclass(frozen=True)
class Station:
    """Where faults are put: a function of ours, and the path in a call of it that may be hit."""

    module: ModuleType
    name: str
    path: Callable[..., Path]


def _to(area: str) -> Callable[[Path, Path], Path]:
    return lambda _, target: target if f"/{area}/" in str(target) else Path("another move")


def _looked_at(path: Path) -> Path:
    return path


def _read(source: content.Source, *_: object) -> Path:
    return source.place


STATIONS = {
    "claim": Station(landing, "move", _to("claimed")),
    "look": Station(landing, "why_not_a_file", _looked_at),
    "scan": Station(content, "open_plain", _read),
    "load": Station(content, "read_range", _read),
    "seal": Station(archive, "changed_since_read", lambda file: file.place),
    "archive": Station(landing, "move", _to("archive")),
}


@contextmanager
def _faults(patch: pytest.MonkeyPatch, station: Station, errors: list[Exception]) -> Iterator[None]:
    """Let `victim-<n>.txt` meet the n-th error."""
    real = getattr(station.module, station.name)

    def failing(*arguments: object) -> object:
        name, _, number = station.path(*arguments).stem.partition("-")
        if name == "victim":
            raise errors[int(number)]
        return real(*arguments)

    with patch.context() as inner:
        inner.setattr(station.module, station.name, failing)
        yield


def _waits(warehouse: psycopg.Connection) -> dict[str, str]:
    query = "SELECT path, waits_for FROM ingest.file WHERE waits_for IS NOT NULL"
    return dict(warehouse.execute(query).fetchall())


def _check() -> None:
    with connect("reader") as connection:
        ledger.check_nothing_waits(connection, "events")


@pytest.mark.parametrize("station", STATIONS)
def test_a_fault_of_the_host_holds_one_file_up_and_passes(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, station: str
) -> None:
    configure(monkeypatch, engine="in_process")
    victims = {f"victim-{n}.txt": error for n, error in enumerate(ERRORS)}
    for name in victims:
        land("events", name, events(20, 2, name))
    land("events", "other.txt", events(30, 3, "o"))
    with _faults(monkeypatch, STATIONS[station], ERRORS):
        ingest("events")
        assert states(warehouse)["other.txt", 1] == "sealed"
        assert "rejected" not in states(warehouse).values()
        _check_told(warehouse, victims)
        ingest("events")  # not due yet
        warehouse.execute("UPDATE ingest.file SET built_at = now() WHERE state = 'sealed'")
        assert not pending("events")
        retry_now(warehouse)
        assert pending("events")
        ingest("events")
        attempts = "SELECT DISTINCT attempts FROM ingest.file WHERE waits_for IS NOT NULL"
        assert warehouse.execute(attempts).fetchall() == [(2,)]
    retry_now(warehouse)
    ingest("events")
    assert _waits(warehouse) == {}
    _check()
    rows = 20 * len(ERRORS) + 30
    assert counts(warehouse, "events") == (rows, rows, 2 * len(ERRORS) + 3)
    assert set(states(warehouse).values()) == {"sealed"}
    places = warehouse.execute("SELECT location, archived_at FROM ingest.file").fetchall()
    assert all(Path(place).exists() and archived for place, archived in places)


def _check_told(warehouse: psycopg.Connection, victims: dict[str, Exception]) -> None:
    """Each victim waits, and one line says for what; a run is red."""
    told = _waits(warehouse)
    assert told.keys() == victims.keys()
    for name, error in victims.items():
        said = os.strerror(error.errno) if isinstance(error, OSError) else "out of memory"
        assert f"{said}; " in told[name]
        assert name in told[name]
        assert "\n" not in told[name]
    with pytest.raises(HostFault, match=r"victim-0.txt waits: .*No space left on device"):
        _check()


def test_waiting_grows_from_seconds_to_ten_minutes(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "victim-0.txt", events(2))
    seconds = []
    query = "SELECT extract(epoch FROM retry_at - clock_timestamp())::float8 FROM ingest.file"
    with _faults(monkeypatch, STATIONS["scan"], [OSError(errno.EIO, "Input/output error")]):
        for _ in range(10):
            retry_now(warehouse)
            ingest("events")
            seconds.append(warehouse.execute(query).fetchone()[0])
    assert seconds[0] <= 5
    assert all(later > sooner for sooner, later in pairwise(seconds[:7]))
    assert 300 < seconds[-1] <= 600


def test_a_part_of_the_landing_zone_that_cannot_be_seen_is_told(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "there.txt", events(3))
    land("events", "broken/away.txt", events(4))
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("broken"):
            raise OSError(errno.EIO, "Input/output error", path)
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        ingest("events")
        assert states(warehouse) == {("there.txt", 1): "sealed"}
        with pytest.raises(HostFault, match=r"events/broken: Input/output error; check the disk"):
            _check()
        with pytest.raises(OSError, match="Input/output error"):
            pending("events")
    assert pending("events")
    ingest("events")
    _check()
    assert counts(warehouse, "events") == (7, 7, 0)


def test_a_disk_that_is_really_full(
    warehouse: psycopg.Connection, home: Path, small_disk: SmallDisk
) -> None:
    """The spool of a zipped file does not fit; other files load, and it does once there is room."""
    tiny_disk = small_disk("size=256k")
    (home / "spool").parent.mkdir(parents=True, exist_ok=True)
    (home / "spool").symlink_to(tiny_disk)
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes(200_000))
    land("events", "zipped.txt.gz", gzip.compress(events(2000, 20)))
    land("events", "plain.txt", events(5))
    ingest("events")
    assert states(warehouse) == {("zipped.txt.gz", 1): "claimed", ("plain.txt", 1): "sealed"}
    told = _waits(warehouse)["zipped.txt.gz"]
    assert "No space left on device; make room on that disk (df -h, df -i)" in told
    assert str(home / "spool") in told
    assert [path.name for path in tiny_disk.iterdir()] == ["filler"], "no part of it stays"
    filler.unlink()
    retry_now(warehouse)
    ingest("events")
    assert counts(warehouse, "events") == (2005, 2005, 20)


@contextmanager
def _rlimit(limit: int, soft: int) -> Iterator[None]:
    before = resource.getrlimit(limit)
    resource.setrlimit(limit, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(limit, before)


def test_no_file_descriptors_left(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("events", "victim.txt", events(5))
    real = content.open_plain

    def exhausted(*arguments: object) -> object:
        with _rlimit(resource.RLIMIT_NOFILE, 1):
            return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(content, "open_plain", exhausted)
        ingest("events")
    assert "Too many open files; raise the limit" in _waits(warehouse)["victim.txt"]
    retry_now(warehouse)
    ingest("events")
    assert counts(warehouse, "events") == (5, 5, 0)


def test_no_memory_left(warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, engine="in_process")
    land("products", "small.csv", b"name,sku,description\na,b,c\n")
    big = "".join(f"name,sku-{n},{'long ' * 1000}\n" for n in range(1000))
    land("products", "victim.csv", f"name,sku,description\n{big}".encode())
    real = content.read_range

    def starved(source: content.Source, *ends: int) -> bytes:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
        hoard: list[bytearray] = []
        with _rlimit(resource.RLIMIT_AS, used):
            with suppress(MemoryError):  # what malloc kept free is taken first
                while source.place.name == "victim.csv":
                    hoard.append(bytearray(1 << 20))
            return real(source, *ends)

    with monkeypatch.context() as patch:
        patch.setattr(content, "read_range", starved)
        ingest("products")
    assert states(warehouse) == {("small.csv", 1): "sealed", ("victim.csv", 1): "loading"}
    assert "out of memory; give it more memory" in _waits(warehouse)["victim.csv"]
    retry_now(warehouse)
    ingest("products")
    assert counts(warehouse, "products") == (1001, 1001, 0)


def test_an_export_that_cannot_be_written_is_written_by_the_next_build(
    warehouse: psycopg.Connection, home: Path
) -> None:
    land("people", "7.csv", b"first_name, last_name, birthts\nAda, Mere, 612302400000\n")
    ingest("people")
    (home / "exports").write_text("in the way")
    with pytest.raises(OSError, match=r"exists|directory") as caught:
        build.build("people")
    assert faults.sort(caught.value) is faults.Fault.HOST
    assert f"{home / 'exports'}" in faults.line(caught.value)
    assert pending("people")
    (home / "exports").unlink()
    build.build("people")
    assert "7,Ada,Mere" in (home / "exports" / "people" / "output.csv").read_text()
    assert warehouse.execute("SELECT count(*) FROM marts.people").fetchone() == (1,)

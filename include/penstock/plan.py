"""The first station: claim what has landed, scan it, and say which blocks there are to load.

Safe to stop at any point: what a crashed plan left half done, the next one completes first.
"""

import logging
from pathlib import Path
from typing import TypedDict

from psycopg import Connection

from penstock import content, datasets, landing, ledger
from penstock.dataset import Dataset
from penstock.errors import PenstockError, RejectFile
from penstock.ledger import File
from penstock.scan import Scan, scan
from penstock.settings import settings
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)


class Part(TypedDict):
    """A run of blocks, from one (file_id, block_no) to another, both included."""

    first: list[int]
    last: list[int]
    blocks: int
    bytes: int


def plan(dataset: str, dag_run_id: str | None = None) -> list[Part]:
    """Claim and scan what waits in the landing zone; return the parts that are to be loaded.

    Blocks that an earlier, broken run left unloaded are among them.
    """
    declared = datasets.get(dataset)
    with connect("loader", autocommit=True) as connection:
        ledger.lock_planning(connection, dataset)
        mend(connection, declared)
        found = [landing.with_readable_name(declared, f) for f in landing.settled(declared)]
        ledger.register(connection, dataset, found, dag_run_id)
        _claim(connection, declared)
        for file in ledger.files_in(connection, dataset, "claimed"):
            _scan(connection, declared, file)
        move_on(connection, declared)
        return _parts(ledger.unloaded(connection, dataset))


def pending(dataset: str) -> bool:
    """Whether anything waits: a complete file in the landing zone, or unfinished work."""
    if landing.anything_settled(datasets.get(dataset)):
        return True
    with connect("reader", autocommit=True) as connection:
        return ledger.anything_unfinished(connection, dataset)


def replay(file_id: int) -> int:
    """Load a kept file again under today's rules, in the place of what it gave before.

    Returns the file_id of the new version, which waits to be planned.

    Raises:
        PenstockError: there is no such file, its bytes are gone, or it no longer counts.
    """
    with connect("loader") as connection:
        file = ledger.find(connection, file_id)
        if file is None:
            raise PenstockError(f"no file {file_id}; `penstock files` lists those there are")
        if file["state"] not in ("sealed", "rejected"):
            raise PenstockError(
                f"file {file_id} is {file['state']}; only a sealed or rejected one can be replayed"
            )
        if ledger.has_newer(connection, file_id, datasets.get(file["dataset"]).versions):
            raise PenstockError(f"a newer version of file {file_id} is loading or has taken over")
        place = Path(file["location"] or "")
        if not place.is_file():
            raise PenstockError(f"the bytes of file {file_id} are no longer at {place}")
        return ledger.register_replay(connection, file_id, place)


def mend(connection: Connection, dataset: Dataset) -> None:
    """Complete what a crash left between a move of a file and its line in the ledger."""
    moved = [
        (file.file_id, place)
        for file in ledger.files_in(connection, dataset.name, "registered")
        if (place := landing.place("claimed", dataset.name, file.file_id, file.path)).exists()
        or place.is_symlink()
    ]
    ledger.claimed(connection, moved)
    move_on(connection, dataset)


def move_on(connection: Connection, dataset: Dataset) -> None:
    """Move files that are done from `claimed/` to `archive/` or `rejected/`."""
    for file in ledger.files_to_archive(connection, dataset.name):
        area: landing.Area = "rejected" if file.state == "rejected" else "archive"
        target = landing.place(area, dataset.name, file.file_id, file.path)
        if landing.move(file.place, target) or target.exists():
            ledger.archived(connection, file, target)
        content.spool(file.file_id).unlink(missing_ok=True)
    landing.remove_empty_folders(dataset.name)


def _claim(connection: Connection, dataset: Dataset) -> None:
    done: list[tuple[int, Path]] = []
    gone: list[int] = []
    for file in ledger.files_in(connection, dataset.name, "registered"):
        target = landing.place("claimed", dataset.name, file.file_id, file.path)
        if landing.move(landing.folder(dataset) / file.path, target):
            done.append((file.file_id, target))
        else:
            gone.append(file.file_id)
    ledger.claimed(connection, done)
    ledger.forget(connection, gone)


def _scan(connection: Connection, dataset: Dataset, file: File) -> None:
    try:
        why = landing.why_not_a_file(file.place)
        if why:
            raise RejectFile(why)
        found = scan(dataset, file.path, file.place, file.file_id)
    except RejectFile as error:
        ledger.refuse(connection, file.file_id, str(error))
        log.warning("%s: rejected: %s", file.path, error)
    except OSError as error:
        ledger.refuse(connection, file.file_id, f"the file cannot be read: {error.strerror}")
        log.warning("%s: rejected: the file cannot be read: %s", file.path, error.strerror)
    except Exception as error:  # one file must not keep the others from being planned, for ever
        name = type(error).__name__
        ledger.refuse(connection, file.file_id, f"cannot be scanned: {name}: {error}")
        log.exception("%s: rejected: cannot be scanned", file.path)
    else:
        _ready(connection, dataset, file, found)


def _ready(connection: Connection, dataset: Dataset, file: File, found: Scan) -> None:
    with connection.transaction():
        again = file.replay_of is None and ledger.same_as_before(
            connection, file, dataset.name, found.content_hash
        )
        if again:
            ledger.duplicate(connection, file.file_id, found.content_hash)
        else:
            ledger.scanned(connection, file.file_id, found)
    outcome = "the same content as before" if again else f"{len(found.blocks):,} blocks to load"
    log.info("%s: %s, %s bytes", file.path, outcome, f"{file.size_bytes:,}")


def _parts(blocks: list[tuple[int, int, int]]) -> list[Part]:
    """Neighbouring blocks together, up to `part_bytes` each."""
    parts: list[Part] = []
    for file_id, block_no, size in blocks:
        if not parts or parts[-1]["bytes"] + size > settings().part_bytes:
            start = [file_id, block_no]
            parts.append({"first": start, "last": start, "blocks": 0, "bytes": 0})
        parts[-1]["last"] = [file_id, block_no]
        parts[-1]["blocks"] += 1
        parts[-1]["bytes"] += size
    return parts

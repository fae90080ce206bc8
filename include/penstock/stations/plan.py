"""The first station: claim landed files, scan them, and return the blocks to load.

Safe to stop at any point: the next plan first completes what a killed one left.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypedDict

from psycopg import Connection

from penstock import datasets, ledger
from penstock.arrivals import archive, claim, mirror, mirror_folder, untaken, versions
from penstock.arrivals.unpack import Unpacked, unpack
from penstock.arrivals.untaken import Kind
from penstock.declare.dataset import Dataset
from penstock.errors import RejectFile
from penstock.files import landing, markers, settling
from penstock.files.landing import LandedFile
from penstock.files.names import readable
from penstock.files.sweep import sweep_daily
from penstock.formats.scan import scan
from penstock.formats.scanned import Scan
from penstock.settings import settings
from penstock.stations.perform import perform
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)
_WRITE_SECONDS = 1.0  # between two writes of what was scanned: a crash costs that much
_MOST_LINES = 20  # files in the log, one by one


Found = Scan | Unpacked | str | ledger.Trouble | None
"""The scan of a file, or why it is rejected or waits; None: it changed while it was read."""
OnFiles = Callable[[int, int], None]
"""Called with how many files are scanned, of how many."""


class Part(TypedDict):
    """A run of blocks, from one (file_id, block_no) to another, both included."""

    first: list[int]
    last: list[int]
    blocks: int
    bytes: int


def plan(
    dataset: str, dag_run_id: str | None = None, on_progress: OnFiles = lambda *_: None
) -> list[Part]:
    """Claim and scan what waits in the landing zone; return the parts to load.

    They include the blocks that an earlier run left unloaded.
    """
    declared = datasets.get(dataset)
    with locks.held("loader", "plan", dataset), connect("loader", autocommit=True) as connection:
        complete(connection, declared)
        ledger.register(connection, dataset, _arrived(connection, declared), dag_run_id)
        perform(connection, declared)
        (mirror if declared.mirror else claim).claim(connection, declared)
        _scan_all(connection, declared, on_progress)
        archive.move_on(connection, declared)
        _report_untaken(connection, declared)
        sweep_daily()
        return _parts(ledger.unloaded_blocks(connection, dataset))


def complete(connection: Connection, dataset: Dataset) -> None:
    """Complete what a crash left between the move of a file and its row in the ledger."""
    if not dataset.mirror:
        claim.complete(connection, dataset)
    archive.move_on(connection, dataset)


def _due(connection: Connection, dataset: Dataset, state: ledger.State) -> list[ledger.File]:
    """The files in `state`, without those that wait for a later attempt."""
    return [file for file in ledger.files_in(connection, dataset.name, state) if file.is_due]


def _arrived(connection: Connection, dataset: Dataset) -> list[LandedFile]:
    """The files to register; for a mirror, retire the files that are gone."""
    if not dataset.mirror:
        errors: list[OSError] = []
        settled = settling.settled(dataset, errors.append)
        ledger.report_listing(connection, dataset.name, errors)
        return [landing.with_readable_name(dataset, file) for file in settled]
    mirror_folder.set_up(dataset)
    changes = mirror.changes(connection, dataset)
    mirror.retire(connection, dataset, changes)
    return [replace(file, path=readable(file.path)) for file in changes.arrived]


def _report_untaken(connection: Connection, dataset: Dataset) -> None:
    """Log what a person has to move or rename, and keep an incident open until it is gone."""
    if dataset != datasets.landing_with(dataset)[0]:
        return  # another dataset of this folder reports it
    found = [one for one in untaken.find(dataset, connection) if one.needs_person]
    odd = [one for one in found if one.kind not in (Kind.HELD, Kind.UNREADABLE)]  # reported already
    for line in untaken.lines(odd):
        log.warning("not taken: %s", line)
    if own := [one for one in odd if one.dataset]:
        ledger.report_incident(connection, dataset.name, "untaken", "\n".join(untaken.lines(own)))
    else:
        ledger.resolve_incident(connection, dataset.name, "untaken")


def _scan_all(connection: Connection, dataset: Dataset, on_progress: OnFiles) -> None:
    """Scan the claimed files, and then the files that were unpacked from them."""
    files = _due(connection, dataset, ledger.State.CLAIMED)
    _scan_files(connection, dataset, files, on_progress)
    if any(dataset.unpacks(file.path) for file in files):
        members = _due(connection, dataset, ledger.State.CLAIMED)
        _scan_files(connection, dataset, members, on_progress)


def _scan_files(
    connection: Connection, dataset: Dataset, files: Sequence[ledger.File], on_progress: OnFiles
) -> None:
    """Scan files; write the results to the ledger for many files at once."""
    found: dict[ledger.File, Found] = {}
    earlier: dict[int, ledger.File] = {}
    written_at = time.monotonic()
    for n, file in enumerate(files, 1):
        if not found and not dataset.mirror and dataset.versions != "add":
            earlier = ledger.earlier_versions(connection, dataset.name, files[n - 1 :])
        found[file] = _scan(dataset, file, earlier.get(file.file_id))
        # A version that appends needs the version before it in the ledger.
        is_next = dataset.versions == "append"
        if is_next or n == len(files) or time.monotonic() - written_at > _WRITE_SECONDS:
            _write_down(connection, dataset, found)
            _log_progress(n, len(files))
            on_progress(n, len(files))
            found, written_at = {}, time.monotonic()


def _scan(dataset: Dataset, file: ledger.File, before: ledger.File | None) -> Found:
    troubles: dict[int, ledger.Trouble] = {}
    found: Found = None
    with ledger.collecting(troubles, file.file_id, file.place):
        found = _look_at(dataset, file, before)
    return troubles.get(file.file_id, found)


def _look_at(
    dataset: Dataset, file: ledger.File, before: ledger.File | None
) -> Scan | Unpacked | str | None:
    found: Scan | Unpacked | str | None = None
    try:
        found = landing.why_not_a_file(file.place) or _open(dataset, file)
        markers.check(dataset, file.place, file.source)
        if before and isinstance(found, Scan) and _is_news(dataset, file):
            found = versions.follow(dataset, file, found, before)
    except RejectFile as error:
        found = str(error)
    except OSError:
        if not _has_changed(dataset, file):
            raise
    return None if _has_changed(dataset, file) else found


def _open(dataset: Dataset, file: ledger.File) -> Scan | Unpacked:
    if dataset.unpacks(file.path):
        return unpack(dataset, file)
    return scan(dataset, file.path, file.source, file.file_id)


def _is_news(dataset: Dataset, file: ledger.File) -> bool:
    """Whether to compare it with the version before: not for a replay, which has the same bytes."""
    return file.replay_of is None or dataset.versions == "append"


def _has_changed(dataset: Dataset, file: ledger.File) -> bool:
    return dataset.mirror and landing.has_changed(file.place, file.etag)


def _write_down(
    connection: Connection, dataset: Dataset, found: Mapping[ledger.File, Found]
) -> None:
    """Write results to the ledger.

    If there are two versions of a path, write the first before comparing the second.
    """
    first = {file.path: file for file in reversed([*found])}
    now = {file: found[file] for file in found if first[file.path] is file}
    unpacked = {file: out for file, out in now.items() if isinstance(out, Unpacked)}
    scans = {file: scan for file, scan in now.items() if isinstance(scan, Scan)}
    scans |= {file: out.scan for file, out in unpacked.items()}
    refused = {file.file_id: why for file, why in now.items() if isinstance(why, str)}
    held = {file.file_id: why for file, why in now.items() if isinstance(why, ledger.Trouble)}
    hashes = {file: scan.content_hash for file, scan in scans.items() if file.replay_of is None}
    with connection.transaction():
        again = ledger.same_as_before(connection, dataset.name, hashes)
        same = {file.file_id: h for file, h in hashes.items() if file.file_id in again}
        ledger.mark_duplicates(connection, same)
        loading = {f.file_id: scan for f, scan in scans.items() if f.file_id not in again}
        ledger.mark_scanned(connection, loading)
        for file, out in unpacked.items():
            if file.file_id not in again:
                ledger.register_members(connection, file, out.members)
        ledger.reject(connection, refused)
        ledger.hold_files(connection, dataset.name, held)
        ledger.forget(connection, [file.file_id for file, scan in now.items() if scan is None])
    _log_outcomes(now, again)
    if later := {file: found[file] for file in found if file not in now}:
        _write_down(connection, dataset, later)


def _log_outcomes(found: Mapping[ledger.File, Found], again: Collection[int]) -> None:
    for file, outcome in islice(found.items(), _MOST_LINES):
        match outcome:
            case str():
                log.warning("%s: rejected: %s", file.path, outcome)
            case Scan() | Unpacked() if file.file_id in again:
                log.info("%s: the same content as before", file.path)
            case Unpacked():
                log.info("%s: %s", file.path, "; ".join(outcome.scan.notes))
            case Scan():
                log.info("%s: %s blocks to load", file.path, f"{len(outcome.blocks):,}")
                for note in outcome.notes:
                    log.warning("%s: %s", file.path, note)
            case None:
                log.info("%s: changed while it was read", file.path)
    if len(found) > _MOST_LINES:
        log.info("and %s files more", f"{len(found) - _MOST_LINES:,}")


def _log_progress(done: int, files: int) -> None:
    if files > 1:
        log.info("scanned %s of %s files", f"{done:,}", f"{files:,}")


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

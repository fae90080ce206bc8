"""Checks a file as a load would: the same scan, parser, `prepare` and checks.

It goes block by block, so that memory does not grow with the file. It writes nothing except the
content of a compressed file, which is deleted at the end.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.arrivals.unpack import unpack_into
from penstock.check.report import Reasons, Report
from penstock.declare.dataset import Dataset
from penstock.errors import RejectFile
from penstock.files import content, landing
from penstock.formats import header
from penstock.formats.dialect import REPEATED_HEADERS
from penstock.formats.parse import parse
from penstock.formats.parsed import Parsed, Refused, joined
from penstock.formats.registry import reader_of
from penstock.formats.scan import scan
from penstock.formats.scanned import Scan
from penstock.stations.seal import why_rejected
from penstock.validate import Verdict, validate
from penstock.validate.prepare import prepare
from penstock.validate.refused import refused_records

OnProgress = Callable[[int, int], None]
"""Called with the bytes that are checked, and all bytes."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One block: its parsed and prepared rows, the verdict on them, and the refused records."""

    parsed: Parsed
    verdict: Verdict
    refused: list[Refused]


def check(
    dataset: Dataset, path: str, place: Path, on_progress: OnProgress | None = None
) -> Report:
    """What would become of the file at `place` if it landed at `path`, as one of `dataset`.

    Raises:
        PenstockError: `dataset` takes no files of that name.
        OSError: the file cannot be read.
    """
    report, reasons = Report(path, dataset.name), Reasons(dataset)
    first: tuple[int, str] | None = None
    try:
        for block in judged(dataset, path, place, report.notes, on_progress or (lambda *_: None)):
            report.good += int(block.verdict.good.sum())
            report.bad += len(block.refused)
            reasons.add(block.refused)
            if block.refused and first is None:
                first = block.refused[0].line, block.refused[0].reasons[0]
    except RejectFile as error:
        report.rejected = str(error)
    else:
        report.rejected = why_rejected(dataset, report.bad, report.records, first)
    report.notes = list(dict.fromkeys(report.notes))
    report.reasons = reasons.ranked()
    return report


def check_all(
    dataset: Dataset, path: str, place: Path, on_progress: OnProgress | None = None
) -> list[Report]:
    """`check` a file, or each member of an archive that `dataset` takes.

    Raises:
        PenstockError: `dataset` takes no files of that name.
        OSError: the file cannot be read.
    """
    if not dataset.unpacks(path):
        return [check(dataset, path, place, on_progress)]
    with tempfile.TemporaryDirectory(prefix="penstock-check-") as folder:
        try:
            members = unpack_into(Path(folder), dataset, path, place).members
        except RejectFile as error:
            return [Report(path, dataset.name, rejected=str(error))]
        return [check(dataset, member.path, member.place, on_progress) for member in members]


def judged(
    dataset: Dataset, path: str, place: Path, notes: list[str], on_progress: OnProgress
) -> Iterator[Judged]:
    """Each block of the file with its verdict; notes on the file are added to `notes`.

    Raises:
        RejectFile: it is not a file of this dataset; the message says why.
    """
    place = place.resolve()
    if why := landing.why_not_a_file(place):
        raise RejectFile(why)
    file_id = -os.getpid()  # of no file in the ledger: the name of the spool
    try:
        found = scan(dataset, path, place, file_id)
        notes += found.notes
        yield from _judged(dataset, path, place, file_id, found, notes, on_progress)
    finally:
        content.spool(file_id).unlink(missing_ok=True)


def _judged(
    dataset: Dataset,
    path: str,
    place: Path,
    file_id: int,
    found: Scan,
    notes: list[str],
    on_progress: OnProgress,
) -> Iterator[Judged]:
    etag, repeated = landing.etag(place.stat()), 0
    source = reader_of(dataset, path).open(place, file_id)
    for block in found.blocks:
        ends = block.first_byte, block.last_byte
        data = content.read_range(source, *ends)
        parsed = parse(dataset, path, data, block.first_line, found.columns, etag, found.dialect)
        notes += header.unknown_notes(dataset, parsed)
        repeated += parsed.repeated_headers
        parsed = prepare(dataset, parsed)
        verdict = validate(dataset, joined([parsed]))
        (refused,) = refused_records([parsed], verdict)
        yield Judged(parsed, verdict, refused)
        on_progress(block.last_byte, found.content_bytes)
    if repeated:
        notes.append(f"{REPEATED_HEADERS}: {repeated}")

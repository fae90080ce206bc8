"""What is wrong with datasets now, in words: what happened, and what to do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import LiteralString

from psycopg import Connection, sql
from psycopg.rows import class_row

from penstock.declare.dataset import Dataset
from penstock.ledger.incidents import open_incidents

_MOST_FILES = 5  # of a dataset, for each kind of problem
_REJECTED_DAYS = 7


class Kind(StrEnum):
    """What sort of problem it is."""

    LATE = "late"  # no file arrived in time
    INCIDENT = "incident"  # needs a person
    WAITING = "waiting"  # tried again by itself, until the fault has passed
    REJECTED = "rejected"  # a whole file is refused


@dataclass(frozen=True)
class Problem:
    """What happened, in `message`, and in `remedy` what to do about it.

    `file_id` and `path` name the file that it is about, if it is about one. `files` counts all
    files of the dataset with a problem of this kind, of which only the newest are told.
    """

    dataset: str
    kind: Kind
    message: str
    remedy: str
    since: datetime
    file_id: int | None = None
    path: str | None = None
    files: int = 1


def problems(
    connection: Connection, datasets: Iterable[Dataset], last_arrivals: Mapping[str, datetime]
) -> list[Problem]:
    """Everything wrong with `datasets`: incidents, late datasets, files that wait or were rejected.

    A rejected file is told for 7 days, unless a newer version of its path arrived, or a person
    rejected or mended it.
    """
    return [
        *_incidents(connection),
        *_late(datasets, last_arrivals),
        *_waiting(connection),
        *_rejected(connection),
    ]


def span(length: timedelta) -> str:
    """A length of time in words, in its largest unit: "2 days", "1 hour"."""
    seconds = length.total_seconds()
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    unit, size = next((each for each in units if seconds >= each[1]), units[-1])
    count = int(seconds // size)
    return f"{count:,} {unit}{'s' * (count != 1)}"


def _incidents(connection: Connection) -> Iterator[Problem]:
    for one in open_incidents(connection):
        # The message of an incident says what to do.
        yield Problem(
            one["dataset"],
            Kind.INCIDENT,
            one["message"],
            "",
            one["happened_at"],
            one["file_id"],
            one["path"],
        )


def _late(datasets: Iterable[Dataset], last_arrivals: Mapping[str, datetime]) -> Iterator[Problem]:
    now = datetime.now(UTC)
    for dataset in datasets:
        last, every = last_arrivals.get(dataset.name), dataset.expected_every
        if last is None or every is None or now - last <= every:
            continue
        message = f"no file arrived for {span(now - last)}; one is expected every {span(every)}"
        remedy = (
            f"ask who delivers to landing/{dataset.folder}, and look at the files that wait there"
        )
        yield Problem(dataset.name, Kind.LATE, message, remedy, last + every)


@dataclass(frozen=True)
class _File:
    """A file with a problem, and the number of such files of its dataset."""

    dataset: str
    file_id: int
    path: str
    why: str
    since: datetime
    files: int

    def problem(self, kind: Kind, remedy: str) -> Problem:
        message = f"{self.path}: {self.why}"
        return Problem(
            self.dataset, kind, message, remedy, self.since, self.file_id, self.path, self.files
        )


_FIRST = """
SELECT dataset, file_id, path, why, since, files
FROM (SELECT *, count(*) OVER of_dataset AS files, row_number() OVER newest AS n FROM ({}) AS found
      WINDOW of_dataset AS (PARTITION BY dataset),
             newest AS (PARTITION BY dataset ORDER BY file_id DESC)) AS numbered
WHERE n <= %(most)s ORDER BY dataset, file_id DESC
"""
_WAITING = """
SELECT dataset, file_id, path, waits_for AS why, registered_at AS since
FROM ingest.file f WHERE waits_for IS NOT NULL
AND NOT EXISTS (SELECT FROM ingest.incident i
                WHERE i.file_id = f.file_id AND i.resolved_at IS NULL)
"""
_REJECTED = """
SELECT dataset, file_id, path, coalesce(reason, 'rejected') AS why, registered_at AS since
FROM ingest.file f
WHERE state = 'rejected' AND registered_at > now() - %(days)s * interval '1 day'
  AND NOT EXISTS (SELECT FROM ingest.file n WHERE n.dataset = f.dataset AND n.path = f.path
                                              AND n.version > f.version)
  AND NOT EXISTS (SELECT FROM ingest.action a WHERE a.file_id = f.file_id
                  AND a.kind IN ('reject', 'mend') AND a.done_at IS NOT NULL)
"""


def _waiting(connection: Connection) -> Iterator[Problem]:
    remedy = "nothing, if the fault passes: it is tried again by itself"
    for file in _first(connection, _WAITING):
        yield file.problem(Kind.WAITING, remedy)


def _rejected(connection: Connection) -> Iterator[Problem]:
    remedy = "deliver a corrected file under the same name, or replay it once its rule is corrected"
    for file in _first(connection, _REJECTED):
        yield file.problem(Kind.REJECTED, remedy)


def _first(connection: Connection, query: LiteralString) -> list[_File]:
    """The newest files that `query` finds, a few of each dataset."""
    with connection.cursor(row_factory=class_row(_File)) as cursor:
        asked = {"most": _MOST_FILES, "days": _REJECTED_DAYS}
        return cursor.execute(sql.SQL(_FIRST).format(sql.SQL(query)), asked).fetchall()

"""The overview of all datasets: arrivals, counts by day, the last load, and what is in flight."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg import Connection
from psycopg.rows import class_row

from penstock.declare.dataset import Dataset
from penstock.ledger.problems import Kind, Problem, problems
from penstock.ledger.progress import InFlight, files_in_flight
from penstock.ledger.states import State

DAYS = 30
"""The number of days that an overview counts one by one, today included."""


@dataclass(frozen=True)
class Counts:
    """Files that arrived, how many of them were rejected, and the records of loaded files."""

    files: int = 0
    rejected: int = 0
    rows_good: int = 0
    rows_bad: int = 0

    @property
    def share_bad(self) -> float:
        """The share of refused records, from 0 to 1."""
        return self.rows_bad / ((self.rows_good + self.rows_bad) or 1)


@dataclass(frozen=True)
class LastLoad:
    """The file that was sealed last; `seconds` from its claim to its seal."""

    dataset: str
    file_id: int
    path: str
    rows: int
    size_bytes: int
    seconds: float
    sealed_at: datetime

    @property
    def rows_per_second(self) -> float:
        """The speed of the load, with the time that the file waited for other files."""
        return self.rows / max(self.seconds, 0.001)


@dataclass(frozen=True)
class Overview:
    """One dataset.

    `total` counts the records of the files that count now. `days` has an entry for each of the last
    30 days in UTC, the oldest first; its records include those that were replaced since.
    """

    dataset: Dataset
    last_arrival: datetime | None
    total: Counts
    days: dict[date, Counts]
    last_load: LastLoad | None
    in_flight: InFlight
    problems: list[Problem]

    @property
    def today(self) -> Counts:
        """The counts of the files that arrived today, in UTC."""
        return list(self.days.values())[-1]

    @property
    def is_late(self) -> bool:
        """Whether no file arrived within `expected_every`, although some did before."""
        return any(problem.kind is Kind.LATE for problem in self.problems)


@dataclass(frozen=True)
class _Group:
    """The files of a dataset in one state that arrived on one day."""

    dataset: str
    state: str
    day: date
    files: int
    rows_good: int
    rows_bad: int
    arrived_at: datetime
    load_seq: int | None


def overview_of(connection: Connection, datasets: Iterable[Dataset]) -> list[Overview]:
    """The overview of `datasets`, in their order."""
    known = list(datasets)
    groups = _groups(connection)
    arrived = {name: max(g.arrived_at for g in of_one) for name, of_one in groups.items()}
    loads = _last_loads(connection, groups)
    in_flight = files_in_flight(connection)
    found = problems(connection, known, arrived)
    return [
        Overview(
            dataset=each,
            last_arrival=arrived.get(each.name),
            total=_counts(groups.get(each.name, []), State.SEALED),
            days=_by_day(groups.get(each.name, [])),
            last_load=loads.get(each.name),
            in_flight=in_flight.get(each.name, InFlight()),
            problems=[problem for problem in found if problem.dataset == each.name],
        )
        for each in known
    ]


def _groups(connection: Connection) -> dict[str, list[_Group]]:
    """The groups of each dataset. The index `file_arrival` alone answers the query."""
    found = defaultdict(list)
    with connection.cursor(row_factory=class_row(_Group)) as cursor:
        for group in cursor.execute(
            """
            SELECT dataset, state, (registered_at AT TIME ZONE 'UTC')::date AS day,
                   count(*) AS files, coalesce(sum(rows_good), 0)::bigint AS rows_good,
                   coalesce(sum(rows_bad), 0)::bigint AS rows_bad,
                   max(registered_at) AS arrived_at, max(load_seq) AS load_seq
            FROM ingest.file GROUP BY 1, 2, 3
            """
        ):
            found[group.dataset].append(group)
    return found


def _last_loads(connection: Connection, groups: dict[str, list[_Group]]) -> dict[str, LastLoad]:
    sequences = [max((g.load_seq or 0 for g in of_one), default=0) for of_one in groups.values()]
    with connection.cursor(row_factory=class_row(LastLoad)) as cursor:
        rows = cursor.execute(
            """
            SELECT dataset, file_id, path, rows_good + rows_bad AS rows, size_bytes, sealed_at,
                   extract(epoch FROM sealed_at - claimed_at)::float AS seconds
            FROM ingest.file
            WHERE load_seq = ANY(%s) AND claimed_at IS NOT NULL AND rows_good IS NOT NULL
            """,
            [sequences],
        ).fetchall()
        return {load.dataset: load for load in rows}


def _by_day(groups: Sequence[_Group]) -> dict[date, Counts]:
    of_day = defaultdict(list)
    for group in groups:
        of_day[group.day].append(group)
    today = datetime.now(UTC).date()
    days = (today - timedelta(days=age) for age in reversed(range(DAYS)))
    return {day: _counts(of_day[day], State.SEALED, State.SUPERSEDED) for day in days}


def _counts(groups: Sequence[_Group], *loaded: State) -> Counts:
    """The counts of all `groups`; records only of files in a state of `loaded`."""
    counted = [group for group in groups if group.state in loaded]
    return Counts(
        files=sum(group.files for group in groups),
        rejected=sum(group.files for group in groups if group.state == State.REJECTED),
        rows_good=sum(group.rows_good for group in counted),
        rows_bad=sum(group.rows_bad for group in counted),
    )

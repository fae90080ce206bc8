"""Check that ledger, blocks, staging, quarantine, marts and archive agree.

The warehouse is read in one snapshot, so that a load at the same time causes no false alarm. Each
difference names the command that mends it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from psycopg import Connection

from penstock import datasets, ledger
from penstock.arrivals.archive import check_archive
from penstock.marts import build, scratch
from penstock.warehouse.connect import connect

_MOST_DIFFERENCES = 100  # differences of a kind
OnStep = Callable[[str], None]
"""Called with what is compared next."""


@dataclass(frozen=True)
class Difference:
    """What does not agree: `found` describes it, `mend` is the command that mends it."""

    dataset: str
    kind: str
    file_id: int | None
    found: str
    mend: str


_MEND: dict[ledger.Check, str] = {
    "blocks": "penstock replay {file_id}",
    "staging": "penstock replay {file_id}",
    "quarantine": "penstock replay {file_id}",
    "versions": "penstock load {dataset}",
    "rows": "penstock build {dataset} --full-refresh",
}


def verify(
    dataset: str,
    *,
    archive: bool = True,
    marts: bool = False,
    on_step: OnStep = lambda _: None,
) -> list[Difference]:
    """Compare all that is kept of `dataset`; what differs, the worst first.

    `archive` reads every kept file again, and takes in what was appended to one. `marts` compares
    every row of its marts too, with those that a build makes of staging from nothing: that takes as
    long as a full refresh, and builds first what waits to be built.

    Raises:
        PenstockError: dbt failed, or another process compares marts for long.
    """
    name = datasets.get(dataset).name
    found = _check_archive(name, on_step) if archive else []
    with connect("transformer") as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found += _compare(connection, name, on_step)
    if marts and not any(d.kind == "marts" for d in found):
        on_step(f"{name}: marts, made anew beside those that are")
        mend = f"penstock build {name} --full-refresh"
        found += [Difference(name, "marts", None, d, mend) for d in scratch.differences(name)]
    return found


def _check_archive(dataset: str, on_step: OnStep) -> list[Difference]:
    """Kept files that have grown; others that are not as they were are incidents."""
    on_step(f"{dataset}: archive")
    with connect("loader", autocommit=True) as connection:
        findings = check_archive(connection, dataset)
    return [
        Difference(dataset, "archive", f.file_id, f.message, f"penstock load {dataset}")
        for f in findings
        if f.kind == "grown"
    ]


def _compare(connection: Connection, dataset: str, on_step: OnStep) -> Iterator[Difference]:
    for check in ("blocks", "staging", "quarantine", "versions"):
        on_step(f"{dataset}: {check}")
        yield from _differences(connection, dataset, check)
    on_step(f"{dataset}: marts")
    damages = build.damages(connection, dataset)
    for damage in damages:
        yield Difference(dataset, "marts", None, damage, f"penstock build {dataset}")
    if not damages:
        yield from _differences(connection, dataset, "rows")
    for incident in ledger.open_incidents(connection, dataset):
        file_id, message = incident["file_id"], incident["message"]
        yield Difference(dataset, "incident", file_id, message, "see its message")


def _differences(connection: Connection, dataset: str, check: ledger.Check) -> Iterator[Difference]:
    found = ledger.file_differences(
        connection,
        check,
        dataset,
        versions_replace=datasets.get(dataset).versions == "replace",
        limit=_MOST_DIFFERENCES,
    )
    for file_id, difference in found:
        mend = _MEND[check].format(dataset=dataset, file_id=file_id)
        yield Difference(dataset, check, file_id, difference, mend)

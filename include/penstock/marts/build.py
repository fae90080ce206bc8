"""The last station: dbt updates the marts of a dataset from sealed rows.

Datasets that share a mart, such as articles and clickstream, are built together.

DAG files import this module, so it must import quickly. dbt takes seconds: it is imported on first
use. A process that forks calls `warm` before.
"""

import logging
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from penstock import datasets, ledger
from penstock.errors import PenstockError
from penstock.marts import contracts, dbt, exports, late_indexes, replaced
from penstock.marts.lineage import built_with, marts, models
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildReport:
    """The result of a build.

    `rows` maps each mart to the number of rows written (for a view, those of its table); it is
    empty if there was nothing to build. `files` are the `file_id` of the files that were built,
    including those of datasets that are built together with this one.
    """

    rows: dict[str, int]
    files: tuple[int, ...] = ()


def build(dataset: str) -> BuildReport:
    """Build the marts of `dataset` if sealed files are not in them yet; one build runs at a time.

    Raises:
        PenstockError: models or tests failed; the message names each with its error. The files
            stay unbuilt in the ledger, and the next build includes them.
    """
    return _build(datasets.get(dataset).name, full_refresh=False)


def full_refresh(dataset: str) -> BuildReport:
    """Rebuild the marts of `dataset` from all rows of staging; otherwise like `build`."""
    return _build(datasets.get(dataset).name, full_refresh=True)


def damages(connection: Connection, dataset: str) -> list[str]:
    """Tables, views and columns of `dataset` that are missing, or differ from their contract.

    `connection` has the role `transformer`. If there is any damage, `build` rebuilds all of them.
    """
    together = built_with(dataset)
    if not ledger.ever_built(connection, together):
        return []
    return contracts.damages(connection, sorted(p for name in together for p in models(name)))


def anything_unbuilt(connection: Connection, dataset: str) -> bool:
    """Whether sealed files of `dataset` are not in its marts yet."""
    return bool(ledger.unbuilt_files(connection, built_with(dataset)))


def warm() -> None:
    """Import dbt and parse the project, so that forks of this process need not."""
    dbt.warm()


def _build(dataset: str, *, full_refresh: bool) -> BuildReport:
    together = built_with(dataset)
    with (
        locks.held("transformer", "build", together[0]),
        connect("transformer", autocommit=True) as connection,
    ):
        unbuilt = ledger.unbuilt_files(connection, together)
        is_first = not ledger.ever_built(connection, together)
        damaged = damages(connection, dataset)
        for damage in damaged:
            log.warning("%s: the marts of %s are built anew", damage, ", ".join(together))
        if not (unbuilt or full_refresh or damaged):
            return BuildReport({})
        # In the first build too: it is cheaper to create indexes after the rows are written.
        anew = full_refresh or is_first or bool(damaged)
        results = dbt.run(dataset, arguments(together, full_refresh=anew), of=together)
        if not results:
            raise PenstockError(f"dbt found no models of {', '.join(together)}")
        for warned in (r for r in results if r.status == "warn"):
            log.warning("%s: %s", warned.node.name, warned.message)
        replaced.drop(connection)
        models_built = [r.node for r in results if r.node.resource_type == "model"]
        exports.write(connection, models_built)
        ledger.mark_built(connection, unbuilt)
        late_indexes.create(connection, models_built)
    return BuildReport(_rows(results), tuple(file.file_id for file in unbuilt))


def arguments(
    together: tuple[str, ...], *, full_refresh: bool, without: tuple[str, ...] = ("unit_test",)
) -> list[str]:
    """The arguments of dbt to build these datasets, without some types of resources."""
    made = [f"source:staging.{dataset}+" for dataset in together]
    # Not "@": it also selects the parents of exposures, and so the marts of other datasets.
    seeds = [f"+{mart},resource_type:seed" for mart in marts(together[0])]
    select = ["--select", *made, *seeds, "--cache-selected-only"]
    excluded = [word for kind in without for word in ("--exclude-resource-type", kind)]
    how = ["--no-write-json", *(["--full-refresh"] if full_refresh else [])]
    return ["build", *select, *excluded, *how]


def _rows(results: list[Any]) -> dict[str, int]:
    """The number of rows written to each mart, from dbt's results, in the order of the build."""
    built = [r for r in results if r.node.resource_type == "model" and "marts" in r.node.fqn]
    rows: dict[str, int] = {}
    for result in built:
        parents = [rows.get(p.rpartition(".")[2], 0) for p in result.node.depends_on.nodes]
        is_view = result.node.config.materialized == "view"
        written = max(parents, default=0) if is_view else result.adapter_response["rows_affected"]
        rows[result.node.name] = written
    return rows

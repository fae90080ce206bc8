"""The last station: dbt brings the marts of a dataset to what is sealed.

Datasets that have a mart in common, such as articles and clickstream, are built as one.

Importing this is light, for DAG files do; dbt itself (seconds) is imported when first used, and
`warm` does so ahead of time in a process that forks.
"""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from penstock import datasets, ledger
from penstock.errors import PenstockError
from penstock.files.atomic import atomic_write
from penstock.marts import contracts, dbt, exports, replaced
from penstock.marts.lineage import built_with, marts, models
from penstock.settings import settings
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    `rows` has the rows it wrote to each mart (a view has those of the table below it), and is empty
    when there was nothing to build; `files` are the `file_id` whose state the marts came to show,
    also of the datasets that are built with this one.
    """

    rows: dict[str, int]
    files: tuple[int, ...] = ()


def build(dataset: str) -> BuildReport:
    """Build the marts of `dataset` if they do not show all that is sealed; builds queue up.

    Raises:
        PenstockError: models or tests failed; the message names each and says why. The files stay
            unbuilt in the ledger, and the next build takes them up again.
    """
    return _build(datasets.get(dataset).name, full_refresh=False)


def full_refresh(dataset: str) -> BuildReport:
    """Build the marts of `dataset` anew from all of staging; otherwise as `build`."""
    return _build(datasets.get(dataset).name, full_refresh=True)


def damages(connection: Connection, dataset: str) -> list[str]:
    """What is missing of the tables and views of `dataset`, or not as its contract says.

    `connection` is of the role `transformer`. `build` makes all of them anew when there is any.
    """
    together = built_with(dataset)
    if not ledger.ever_built(connection, together):
        return []
    return contracts.damages(connection, sorted(p for name in together for p in models(name)))


def anything_unbuilt(connection: Connection, dataset: str) -> bool:
    """Whether the marts of `dataset` do not show all that is sealed."""
    return bool(ledger.unbuilt_files(connection, built_with(dataset)))


def docs() -> Path:
    """Make the documentation site, a page and its picture, and return where the page is.

    Raises:
        PenstockError: dbt failed; a page made before stays.
    """
    dbt.run("docs", ["docs", "generate", "--static"])
    site = settings().home / "docs" / "dbt"
    shutil.copytree(dbt.work_folder("docs") / "assets", site / "assets", dirs_exist_ok=True)
    with atomic_write(site / "index.html") as draft:
        shutil.copyfile(dbt.work_folder("docs") / "static_index.html", draft)
    return site / "index.html"


def warm() -> None:
    """Import dbt and read the project, so that a process that forks does it once for all."""
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
        # The first build writes empty marts: indexes are cheaper made after that than before.
        anew = full_refresh or is_first or bool(damaged)
        results = dbt.run(dataset, arguments(together, full_refresh=anew), of=together)
        if not results:
            raise PenstockError(f"dbt found no models of {', '.join(together)}")
        for warned in (r for r in results if r.status == "warn"):
            log.warning("%s: %s", warned.node.name, warned.message)
        replaced.drop(connection)
        exports.write(connection, [r.node for r in results if r.node.resource_type == "model"])
        ledger.mark_built(connection, unbuilt)
    return BuildReport(_rows(results), tuple(file.file_id for file in unbuilt))


def arguments(
    together: tuple[str, ...], *, full_refresh: bool, without: tuple[str, ...] = ("unit_test",)
) -> list[str]:
    """What dbt is asked for, to build these datasets without some types of its resources."""
    made = [f"source:staging.{dataset}+" for dataset in together]
    # Not "@", which goes up from exposures too, and so to the marts of all other datasets.
    seeds = [f"+{mart},resource_type:seed" for mart in marts(together[0])]
    select = ["--select", *made, *seeds, "--cache-selected-only"]
    excluded = [word for kind in without for word in ("--exclude-resource-type", kind)]
    how = ["--no-write-json", *(["--full-refresh"] if full_refresh else [])]
    return ["build", *select, *excluded, *how]


def _rows(results: list[Any]) -> dict[str, int]:
    """Rows written by mart, of dbt's results, in the order they were built."""
    built = [r for r in results if r.node.resource_type == "model" and "marts" in r.node.fqn]
    rows: dict[str, int] = {}
    for result in built:
        parents = [rows.get(p.rpartition(".")[2], 0) for p in result.node.depends_on.nodes]
        is_view = result.node.config.materialized == "view"
        written = max(parents, default=0) if is_view else result.adapter_response["rows_affected"]
        rows[result.node.name] = written
    return rows

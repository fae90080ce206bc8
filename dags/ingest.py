"""Creates a DAG for every dataset: sense, plan, load, seal, build. The work is in `penstock`."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

import warehouse_connection
from dag_defaults import DAG_OPTIONS, WAREHOUSE_POOL
from landing_trigger import LandingTrigger
from penstock.datasets import all_datasets
from penstock.declare.dataset import Dataset
from penstock.errors import faults
from penstock.marts import build as builder
from penstock.marts import lineage
from penstock.settings import settings

TRIAGE = (Path(__file__).parent / "ingest.md").read_text()
RETRIES = {
    "retries": 4,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=5),
}

log = logging.getLogger(__name__)


@task(execution_timeout=timedelta(hours=1))
@faults.told(log.error)
def plan(dataset: str) -> list[dict[str, Any]]:
    """Claim the waiting files; return the parts to load, as ids."""
    from penstock.stations.plan import plan

    warehouse_connection.use()
    return [dict(part) for part in plan(dataset, get_current_context()["run_id"])]


@task(pool=WAREHOUSE_POOL, execution_timeout=timedelta(hours=2))
@faults.told(log.error)
def load(dataset: str, part: Any) -> None:
    """Load the blocks of a part that are not loaded yet. Idempotent."""
    from penstock.stations.load import load
    from penstock.stations.progress import logged

    warehouse_connection.use()
    load(dataset, part, logged(part))


# Runs even if parts failed: complete files are sealed.
@task(
    pool=WAREHOUSE_POOL, execution_timeout=timedelta(minutes=30), trigger_rule=TriggerRule.ALL_DONE
)
@faults.told(log.error)
def seal(dataset: str) -> None:
    """Make complete files visible, each atomically."""
    from penstock.stations.seal import seal

    warehouse_connection.use()
    report = seal(dataset)
    if not report.files:
        raise AirflowSkipException("no file was complete")
    _add_event_extra(staging_asset(dataset), files=len(report.files), rows=report.rows)


# Runs also after a skipped seal: the build of an earlier run may have failed.
@task(
    pool=WAREHOUSE_POOL, execution_timeout=timedelta(hours=1), trigger_rule=TriggerRule.NONE_FAILED
)
@faults.told(log.error)
def build(dataset: str) -> None:
    """Update the marts with the sealed files."""
    warehouse_connection.use()
    rows = builder.build(dataset).rows
    if not rows:
        raise AirflowSkipException("every sealed file was built before")
    for mart, count in rows.items():
        log.info("%s: %s rows", mart, count)
        _add_event_extra(mart_asset(mart), rows=count)


# Waiting files do not block others, but a run that leaves some must fail.
@task(retries=0, execution_timeout=timedelta(minutes=5), trigger_rule=TriggerRule.ALL_DONE)
@faults.told(log.error)
def waiting(dataset: str) -> None:
    """Fail while files wait for the repair of a machine fault or a bug."""
    from penstock import ledger
    from penstock.warehouse import connect

    warehouse_connection.use()
    with connect("reader") as connection:
        ledger.check_nothing_waits(connection, dataset)


# The last task sets the state of a run: a successful build must not hide a failed part.
@task(retries=0, trigger_rule=TriggerRule.ONE_FAILED)
def verdict() -> None:
    """Fail the run if a task failed."""
    raise AirflowFailException("a task failed; what it left undone waits in the ledger")


def staging_asset(dataset: str) -> Asset:
    """Return the asset that is updated when files of `dataset` become visible."""
    return Asset(f"staging/{dataset}")


def mart_asset(mart: str) -> Asset:
    """Return the asset that is updated when `marts.<mart>` changes."""
    return Asset(f"marts/{mart}")


def _add_event_extra(asset: Asset, **facts: int) -> None:
    get_current_context()["outlet_events"][asset].extra.update(facts)


def ingest(dataset: Dataset) -> DAG:
    """Create the DAG that moves `dataset`'s files from the landing zone to its marts."""
    name = dataset.name
    watcher = AssetWatcher(name=name, trigger=LandingTrigger(name, settings().poll_seconds))
    marts = [mart_asset(mart) for mart in lineage.marts(name)]
    with DAG(
        f"ingest_{name}",
        description=dataset.description,
        schedule=[Asset(f"landing/{name}", watchers=[watcher])],
        **DAG_OPTIONS,
        tags={"ingest", name},
        default_args={"owner": dataset.owner, **RETRIES},
        doc_md=TRIAGE.format(dataset=name, owner=dataset.owner),
    ) as dag:
        parts = plan(name)
        loaded = load.partial(dataset=name).expand(part=parts)
        sealed = seal.override(outlets=[staging_asset(name)])(name)
        built = build.override(outlets=marts)(name)
        waits = waiting(name)
        parts >> loaded >> sealed >> built >> waits
        [parts, loaded, sealed, built, waits] >> verdict()
    return dag


for _dataset in all_datasets().values():
    globals()[f"ingest_{_dataset.name}"] = ingest(_dataset)

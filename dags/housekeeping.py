"""Builds the documentation sites after loads and builds, and verifies all data each night."""

import logging
import time
from datetime import timedelta
from functools import reduce
from operator import or_

from airflow.sdk import Asset, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

import warehouse_connection
from dag_defaults import DAG_OPTIONS, TASK_DEFAULTS
from penstock import data_docs
from penstock.datasets import all_datasets
from penstock.errors import faults
from penstock.marts import docs_site, lineage
from penstock.settings import settings

log = logging.getLogger(__name__)

_FRESH_SECONDS = 600  # the site shows models, which change with a release, and table sizes
_MARTS = sorted({mart for name in all_datasets() for mart in lineage.marts(name)})
_COMMON = DAG_OPTIONS | {"default_args": TASK_DEFAULTS}


@dag(
    dag_id="dbt_docs",
    description="The documentation site of the marts, made anew after builds.",
    schedule=reduce(or_, [Asset(f"marts/{mart}") for mart in _MARTS]),
    **_COMMON,
    tags={"housekeeping", "docs"},
    doc_md="""### dbt docs

**Owner:** data-engineering

**Purpose:** writes `docs/dbt/index.html` in the Penstock home, the site that describes the marts.

**Can a red run wait until morning?** Yes. The marts are correct; only their description is old.

**When it is red**, the log has dbt's own message. Correct the model that it names, then clear the
task.
""",
)
def dbt_docs() -> None:
    """One task, skipped while the site is fresh."""

    @task(execution_timeout=timedelta(minutes=15))
    @faults.told(log.error)
    def docs() -> None:
        site = settings().home / "docs" / "dbt" / "index.html"
        if site.exists() and time.time() - site.stat().st_mtime < _FRESH_SECONDS:
            raise AirflowSkipException(f"{site} is fresh")
        warehouse_connection.use()
        docs_site.build()

    docs()


# After each seal, not after builds: a rejected file has results too.
@dag(
    dag_id="data_docs",
    description="Great Expectations' site: each suite, and what each file's validation found.",
    schedule=reduce(or_, [Asset(f"staging/{name}") for name in all_datasets()]),
    **_COMMON,
    tags={"housekeeping", "docs"},
    doc_md="""### Data Docs

**Owner:** data-engineering

**Purpose:** writes `docs/gx/` in the Penstock home: what each check found in each file. It reads
the ledger and validates nothing again.

**Can a red run wait until morning?** Yes. Files and marts are correct; only the site is old.

**When it is red**, correct what the log names, then clear the task.
""",
)
def validation_docs() -> None:
    """One task: creates the missing pages."""

    @task(execution_timeout=timedelta(minutes=15))
    @faults.told(log.error)
    def docs() -> None:
        warehouse_connection.use()
        data_docs.build()

    docs()


@dag(
    dag_id="verify",
    description="Compares ledger, blocks, staging, quarantine and marts, each night.",
    schedule="30 3 * * *",
    **_COMMON,
    tags={"housekeeping"},
    doc_md="""### Verify

**Owner:** data-engineering

**Purpose:** compares ledger, blocks, staging, quarantine and archive of each dataset, and every
row of its marts with marts built again from staging. It changes nothing, except that it first
builds what waits to be built.

**Can a red run wait until morning?** No. Somebody changed rows or files by hand, or they are
damaged, and readers may get wrong numbers.

**When it is red**, the log of the red task has a line for each difference and the command that
mends it. Run the commands, then clear the task. `penstock verify DATASET --marts` does the same
by hand. An incident stays open until somebody did what its message says.
""",
)
def verify() -> None:
    """One task for each dataset, one at a time, because marts are rebuilt in one shared schema."""

    @task(execution_timeout=timedelta(hours=2), max_active_tis_per_dag=1)
    @faults.told(log.error)
    def compare(dataset: str) -> None:
        from penstock.stations.verify import verify

        warehouse_connection.use()
        found = verify(dataset, marts=True)
        for difference in found:
            log.error("%s; mend it with: %s", difference.found, difference.mend)
        if found:
            raise AirflowFailException(f"{len(found):,} differences; the log names each")

    compare.expand(dataset=list(all_datasets()))


dbt_docs()
validation_docs()
verify()

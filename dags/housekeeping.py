"""What follows loads and builds: the documentation sites, and a nightly look at what is kept."""

import logging
import time
from datetime import timedelta
from functools import reduce
from operator import or_

from airflow.sdk import Asset, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

import warehouse_connection
from dag_defaults import DAG_OPTIONS, TASK_DEFAULTS
from penstock import build, data_docs, faults
from penstock.datasets import all_datasets
from penstock.settings import settings

log = logging.getLogger(__name__)

_FRESH_SECONDS = 600  # the site tells of models, which change with a release, and of table sizes
_MARTS = sorted({mart for name in all_datasets() for mart in build.marts(name)})
_COMMON = DAG_OPTIONS | {"default_args": TASK_DEFAULTS}


@dag(
    dag_id="dbt_docs",
    description="The documentation site of the marts, made anew after builds.",
    schedule=reduce(or_, [Asset(f"marts/{mart}") for mart in _MARTS]),
    **_COMMON,
    tags={"housekeeping", "docs"},
    doc_md="""### dbt docs

Writes `docs/dbt/index.html` in the Penstock home. When it is red, the marts are as they should be:
the log holds dbt's own message. Clear the task once the model it names is mended.
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
        build.docs()

    docs()


# After each seal, and not after builds: a file that was rejected has a result too.
@dag(
    dag_id="data_docs",
    description="Great Expectations' site: each suite, and what each file's validation found.",
    schedule=reduce(or_, [Asset(f"staging/{name}") for name in all_datasets()]),
    **_COMMON,
    tags={"housekeeping", "docs"},
    doc_md="""### Data Docs

Writes `docs/gx/` in the Penstock home from what the ledger kept; nothing is validated again. When
it is red, files and marts are as they should be: clear the task once what its log names is mended.
""",
)
def validation_docs() -> None:
    """One task: pages of the files that have none yet."""

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

Compares what is kept of each dataset, every row of its marts with marts made anew from staging. It
changes nothing but to build first what waits to be built.

**When it is red**: the log of the red task has a line for each difference and the command that
mends it. Run the commands, then clear the task. `penstock verify DATASET --marts` is the same by
hand. An incident stays until what its message says was done.
""",
)
def verify() -> None:
    """One task a dataset, one after the other: marts are made anew in one place."""

    @task(execution_timeout=timedelta(hours=2), max_active_tis_per_dag=1)
    @faults.told(log.error)
    def compare(dataset: str) -> None:
        from penstock.verify import verify

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

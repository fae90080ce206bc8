"""What follows the builds: the documentation site of the marts."""

import time
from datetime import timedelta
from functools import reduce
from operator import or_

from airflow.sdk import Asset, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from penstock import build
from penstock.datasets import all_datasets
from penstock.settings import settings

_FRESH_SECONDS = 600  # the site tells of models, which change with a release, and of table sizes
_MARTS = sorted({mart for name in all_datasets() for mart in build.marts(name)})


@dag(
    dag_id="dbt_docs",
    description="The documentation site of the marts, made anew after builds.",
    schedule=reduce(or_, [Asset(f"marts/{mart}") for mart in _MARTS]),
    catchup=False,
    max_active_runs=1,
    tags={"housekeeping", "docs"},
    default_args={
        "owner": "data-engineering",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
    },
    doc_md="""### dbt docs

Writes `docs/dbt/index.html` in the Penstock home. When it is red, the marts are as they should be:
the log holds dbt's own message. Clear the task once the model it names is mended.
""",
)
def dbt_docs() -> None:
    """One task, skipped while the site is fresh."""

    @task(execution_timeout=timedelta(minutes=15))
    def docs() -> None:
        site = settings().home / "docs" / "dbt" / "index.html"
        if site.exists() and time.time() - site.stat().st_mtime < _FRESH_SECONDS:
            raise AirflowSkipException(f"{site} is fresh")
        build.docs()

    docs()


dbt_docs()

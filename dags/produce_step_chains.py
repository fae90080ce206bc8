"""Runs producers of step chains. The work is in `penstock.intake`."""

import logging
from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from dag_defaults import DAG_OPTIONS, TASK_DEFAULTS
from penstock.errors import faults
from penstock.intake import step_chains as chains

log = logging.getLogger(__name__)


@dag(
    dag_id="produce_step_chains",
    description="Draws numbers and lands the messages of their step chains.",
    schedule="@hourly",
    **DAG_OPTIONS,
    is_paused_upon_creation=True,  # invented data only on request
    tags={"produce", "step_chains"},
    params={
        "producers": Param(2, type="integer", minimum=1, maximum=64, description="A file each."),
        "numbers": Param(
            100, type="integer", minimum=1, maximum=1_000_000, description="To draw, in all."
        ),
    },
    default_args=TASK_DEFAULTS,
    doc_md="""### Step chain producers

**Owner:** data-engineering

**Purpose:** makes invented data. Each producer draws its share of the numbers and lands one file
with a message for every step; `ingest_step_chains` loads it. The DAG is paused until you unpause
it; trigger it with other parameters for more.

**Can a red run wait until morning?** Yes. Nobody depends on invented data.

**When it is red**, the log of the red `produce` names the file that it could not write. Is the
landing zone there, and is there room on its disk? Then clear the task: it lands the same messages
again, and no message counts twice.
""",
)
def produce_step_chains() -> None:
    """One mapped task for each producer."""

    @task(execution_timeout=timedelta(minutes=5))
    def share() -> list[int]:
        params = get_current_context()["params"]
        return chains.shares(params["numbers"], params["producers"])

    @task(execution_timeout=timedelta(minutes=30), max_active_tis_per_dag=2)
    @faults.told(log.error)
    def produce(numbers: int) -> None:
        context = get_current_context()
        producer = context["ti"].map_index
        if producer is None:
            raise AirflowFailException("expected a mapped task, one for each producer")
        path = chains.produce(context["run_id"], producer, numbers)
        log.info("%s: %s numbers", path, numbers)

    produce.expand(numbers=share())


produce_step_chains()

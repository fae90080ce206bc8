"""The daily checks: green on the samples and on nothing, red on what somebody did to a mart."""

import os
from collections.abc import Callable

import psycopg
import pytest

from penstock import datasets
from penstock.marts import build
from tests.integration.airflow.conftest import Airflow
from tests.pipeline import ingest, land_samples

Check = Callable[[], tuple[str, dict[str, str]]]

# The DAG as it is, but for events, which are expected every day.
_RUN = """
import dataclasses, json
from datetime import timedelta
from penstock import datasets

declared = dict(datasets.all_datasets())
declared["events"] = dataclasses.replace(declared["events"], expected_every=timedelta(days=1))
datasets.all_datasets = lambda: declared
from data_checks import dag

run = dag.test()
states = {t.task_id: t.state for t in run.get_task_instances()}
print("RAN " + json.dumps([run.state, states]))
"""


@pytest.fixture
def check(airflow: Airflow) -> Check:
    """Runs the DAG on this test's warehouse; its state and those of its tasks."""

    def run() -> tuple[str, dict[str, str]]:
        url = os.environ["PENSTOCK_WAREHOUSE_URL"]
        return airflow.run(_RUN, AIRFLOW_CONN_WAREHOUSE=url)[0]

    return run


def test_nothing_is_no_fault(check: Check) -> None:
    state, tasks = check()
    assert state == "success"
    assert {tasks[f"{name}.volume"] for name in datasets.all_datasets()} == {"success"}
    assert {tasks["events.events"], tasks["products.products"]} == {"skipped"}


def test_what_is_wrong_is_red(check: Check, warehouse: psycopg.Connection) -> None:
    land_samples()
    for name in datasets.all_datasets():
        ingest(name)
    for name in datasets.all_datasets():
        build.build(name)
    assert check()[0] == "success"

    for wrong in (
        "ALTER TABLE marts.articles ALTER title DROP NOT NULL",
        "UPDATE marts.articles SET title = NULL WHERE id = (SELECT min(id) FROM marts.articles)",
        "DROP INDEX marts.by_sku",
        "INSERT INTO marts.products SELECT * FROM marts.products LIMIT 1",
        "DELETE FROM marts.access_log_requests WHERE row = 1",
        "UPDATE ingest.file SET registered_at = registered_at - interval '2 days'"
        " WHERE dataset = 'events'",
        "INSERT INTO ingest.file (dataset, path, version, size_bytes, state, rows_good, sealed_at)"
        " SELECT 'votes', n, 1, 1, 'sealed', 1000000, now() - n * interval '1 day'"
        " FROM generate_series(1, 6) n",
        "DROP TABLE marts.step_chain_summary CASCADE",
    ):
        warehouse.execute(wrong.replace("marts.by_sku", _index_of(warehouse)))
    state, tasks = check()
    assert state == "failed"
    assert {name for name, state in tasks.items() if state == "failed"} == {
        "articles.articles",
        "products.products",
        "access_log.ledger_against_mart",
        "events.freshness",
        "votes.volume",
        "step_chains.step_chain_summary",
    }


def _index_of(warehouse: psycopg.Connection) -> str:
    """The unique index of marts.products, whose name dbt chooses."""
    row = warehouse.execute(
        "SELECT indexrelid::regclass::text FROM pg_index"
        " WHERE indrelid = to_regclass('marts.products') AND indisunique"
    ).fetchone()
    return row[0] if row else "none"

"""The DAGs as Airflow reads them, in a fresh interpreter."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from penstock.datasets import all_datasets
from penstock.marts import lineage
from tests.programs import ROOT

TAGS = {"ingest", "housekeeping", "checks", "docs", "produce", *all_datasets()}
OTHERS = {"dbt_docs", "data_docs", "data_checks", "verify", "produce_step_chains"}
HEAVY = {"pandas", "pyarrow", "great_expectations", "dbt", "numpy"}

_READ = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
before, begun = set(sys.modules), time.process_time()
bag = DagBag(sys.argv[1])
seconds = time.process_time() - begun  # of the processor: others may be busy too
print("READ " + json.dumps({
    "seconds": seconds,
    "errors": bag.import_errors,
    "modules": sorted({name.partition(".")[0] for name in set(sys.modules) - before}),
    "dags": {
        dag_id: {
            "tags": sorted(dag.tags),
            "doc": dag.doc_md or "",
            "description": dag.description or "",
            "max_active_runs": dag.max_active_runs,
            "catchup": dag.catchup,
            "tasks": {
                task.task_id: {
                    "owner": task.owner,
                    "retries": task.retries,
                    "backoff": bool(task.retry_exponential_backoff),
                    "timeout": task.execution_timeout and task.execution_timeout.total_seconds(),
                    "pool": task.pool,
                    "outlets": [asset.name for asset in task.outlets],
                    "rule": task.trigger_rule.value,
                    "upstream": sorted(task.upstream_task_ids),
                }
                for task in dag.tasks
            },
        }
        for dag_id, dag in bag.dags.items()
    },
}))
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow found in dags/."""
    env = os.environ | {
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    }
    said = subprocess.run(
        [sys.executable, "-c", _READ, str(ROOT / "dags")],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return json.loads(said.partition("READ ")[2])


def test_every_file_imports(read: dict[str, Any]) -> None:
    assert read["errors"] == {}


def test_every_dataset_has_its_dag(read: dict[str, Any]) -> None:
    assert set(read["dags"]) == {f"ingest_{name}" for name in all_datasets()} | OTHERS


def test_reading_them_is_quick_and_light(read: dict[str, Any]) -> None:
    assert read["seconds"] < 2
    assert not HEAVY & set(read["modules"])


def test_every_dag_says_what_it_is(read: dict[str, Any]) -> None:
    for dag_id, dag in read["dags"].items():
        assert dag["tags"], dag_id
        assert set(dag["tags"]) <= TAGS, dag_id
        assert dag["description"], dag_id
        assert "red" in dag["doc"], f"{dag_id}: its docs do not say what to do when it is red"
        assert "{" not in dag["doc"], dag_id
        assert (dag["max_active_runs"], dag["catchup"]) == (1, False), dag_id


def test_every_dag_says_owner_purpose_and_whether_a_red_run_can_wait(read: dict[str, Any]) -> None:
    labels = {"Owner", "Purpose", "Can a red run wait until morning"}
    for dag_id, dag in read["dags"].items():
        said = dict(re.findall(r"^\*\*([^*]+?)[:?]\*\* (.+)", dag["doc"], re.MULTILINE))
        assert set(said) == labels, dag_id
        assert {task["owner"] for task in dag["tasks"].values()} == {said["Owner"]}, dag_id
        assert re.match(r"(Yes|No)\b", said["Can a red run wait until morning"]), dag_id


def test_every_task_has_an_owner_retries_and_an_end(read: dict[str, Any]) -> None:
    for dag_id, dag in read["dags"].items():
        for task_id, task in dag["tasks"].items():
            where = f"{dag_id}.{task_id}"
            assert task["owner"] not in ("", "airflow"), where
            if task_id not in ("verdict", "waiting"):  # they only tell: twice helps nobody
                assert task["retries"] >= 2, where
                assert task["backoff"], where
                assert task["timeout"], where


@pytest.mark.parametrize("name", all_datasets())
def test_the_way_of_a_file(read: dict[str, Any], name: str) -> None:
    tasks = read["dags"][f"ingest_{name}"]["tasks"]
    upstream = {task_id: task["upstream"] for task_id, task in tasks.items()}
    assert upstream == {
        "plan": [],
        "load": ["plan"],
        "seal": ["load"],
        "build": ["seal"],
        "waiting": ["build"],
        "verdict": ["build", "load", "plan", "seal", "waiting"],
    }
    assert {t for t, task in tasks.items() if task["pool"] == "warehouse"} == {
        "load",
        "seal",
        "build",
    }
    assert tasks["seal"]["outlets"] == [f"staging/{name}"]
    assert tasks["build"]["outlets"] == [f"marts/{mart}" for mart in lineage.marts(name)]
    # A plan without parts still seals and builds what is left; one failed part stops no other file.
    assert tasks["seal"]["rule"] == "all_done"
    assert tasks["build"]["rule"] == "none_failed"

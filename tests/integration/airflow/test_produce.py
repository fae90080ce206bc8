"""The DAG of the producers, run as Airflow runs it."""

import json
from pathlib import Path

from penstock.intake.step_chains import values
from tests.integration.airflow.conftest import Airflow

_RUN = """
import json
from produce_step_chains import produce_step_chains
from penstock.files.landing import root

run = produce_step_chains().test(run_conf={"producers": 3, "numbers": 7})
print("RAN " + json.dumps({
    "run": run.state,
    "tasks": sorted((t.task_id, t.map_index, t.state) for t in run.get_task_instances()),
}))
"""


def test_each_producer_lands_its_share(airflow: Airflow, home: Path) -> None:
    ran, _ = airflow.run(_RUN)
    assert ran == {
        "run": "success",
        "tasks": [["produce", n, "success"] for n in range(3)] + [["share", -1, "success"]],
    }
    files = sorted((home / "landing" / "step_chains").iterdir())
    chains = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
    starts = [[m["Number"] for m in chain if m["Step"] == 0] for chain in chains]
    assert [len(numbers) for numbers in starts] == [3, 2, 2]
    sent = [[m["Value"] for m in chain] for chain in chains]
    assert sent == [[v for number in numbers for v in values(number)] for numbers in starts]

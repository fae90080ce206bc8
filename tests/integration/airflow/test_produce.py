"""The DAG of the producers, run as Airflow runs it."""

import json
import subprocess
import sys
from pathlib import Path

from penstock.intake.step_chains import values

ROOT = Path(__file__).parents[3]

_RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from produce_step_chains import produce_step_chains
from penstock.files.landing import root

run = produce_step_chains().test(run_conf={"producers": 3, "numbers": 7})
print("RAN " + json.dumps({
    "run": run.state,
    "tasks": sorted((t.task_id, t.map_index, t.state) for t in run.get_task_instances()),
}))
"""


def test_each_producer_lands_its_share(env: dict[str, str], tmp_path: Path) -> None:
    run = [sys.executable, "-c", _RUN, str(ROOT / "dags")]
    home = {"PENSTOCK_HOME": str(tmp_path)}
    done = subprocess.run(run, env=env | home, capture_output=True, text=True, check=False)
    assert "RAN " in done.stdout, done.stdout + done.stderr
    assert json.loads(done.stdout.partition("RAN ")[2].splitlines()[0]) == {
        "run": "success",
        "tasks": [["produce", n, "success"] for n in range(3)] + [["share", -1, "success"]],
    }
    files = sorted((tmp_path / "landing" / "step_chains").iterdir())
    chains = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
    starts = [[m["Number"] for m in chain if m["Step"] == 0] for chain in chains]
    assert [len(numbers) for numbers in starts] == [3, 2, 2]
    sent = [[m["Value"] for m in chain] for chain in chains]
    assert sent == [[v for number in numbers for v in values(number)] for numbers in starts]

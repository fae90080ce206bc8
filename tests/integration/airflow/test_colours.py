"""The colour of a run is the truth, and what failed or waits does not keep other files waiting."""

from tests.integration.airflow.conftest import Airflow

# The DAG as it is; only the stations behind it are told what to do, and retries are switched off.
_RUN = """
import json
from penstock.marts import build
from penstock.stations import load, plan, seal
from penstock import ledger
from penstock.marts.build import BuildReport
from penstock.errors import HostFault
from penstock.stations.batch import LoadReport
from penstock.stations.seal import Sealed, SealReport

def load_part(dataset, part, on_progress):
    if part["fails"]:
        raise RuntimeError("cannot be loaded")
    return LoadReport()

load.load = load_part
seal.seal = lambda dataset: SealReport([Sealed(1, "a.txt", 1, "sealed", 1, 0, None)])
build.build = lambda dataset: BuildReport({"events": 1})

from ingest import ingest_events

for task in ingest_events.tasks:
    task.retries = 0
    if task.task_id == "load":
        task.partial_kwargs["retries"] = 0

def held(connection, dataset):
    raise HostFault("file 1 a.txt waits: a.txt: No space left on device; make room")

def colours(parts, check=lambda connection, dataset: None):
    ledger.check_nothing_waits = check
    plan.plan = lambda dataset, run_id: parts
    run = ingest_events.test()
    states = {f"{t.task_id}{t.map_index if t.map_index >= 0 else ''}": t.state
              for t in run.get_task_instances()}
    return states | {"run": run.state}

good, bad = ({"bytes": 1, "blocks": 1, "fails": fails} for fails in (False, True))
print("RAN " + json.dumps([colours([good, good]), colours([]),
                            colours([good, bad]), colours([good], held)]))
"""


def test_the_colour_of_a_run(airflow: Airflow) -> None:
    (well, only_seal, broken, held), output = airflow.run(_RUN)

    always = {"plan": "success", "seal": "success", "build": "success", "waiting": "success"}
    green = always | {"verdict": "skipped", "run": "success"}
    assert well == green | {"load0": "success", "load1": "success"}
    assert only_seal == green | {"load": "skipped"}
    red = always | {"verdict": "failed", "run": "failed"}
    assert broken == red | {"load0": "success", "load1": "failed"}
    assert held == red | {"load0": "success", "waiting": "failed"}
    (line,) = [line for line in output.splitlines() if "file 1 a.txt waits" in line]
    assert "No space left on device; make room" in line
    assert "HostFault" not in output, "no traceback"

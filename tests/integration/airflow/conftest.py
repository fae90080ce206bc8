"""Airflow on the tests' Postgres: a home of its own before its first import, our plugins."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from penstock.warehouse import embedded
from tests.conftest import warehouse_url
from tests.integration.airflow.warm import Program
from tests.programs import ROOT

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="penstock-airflow-"))
sys.path.append(str(ROOT / "plugins"))


@dataclass
class Airflow:
    """Runs programs that use Airflow, each in a fork of a process that has imported it."""

    env: dict[str, str]
    process: subprocess.Popen[str]
    folder: Path

    def run(self, code: str, *arguments: str, **env: str) -> tuple[Any, str]:
        """Run `code`; the JSON that it prints behind `RAN`, and all of its output."""
        program = self.folder / "program.py"
        program.write_text(code)
        output = self.run_file(program, *arguments, **env)
        assert "RAN " in output, output
        return json.loads(output.partition("RAN ")[2].splitlines()[0]), output

    def run_file(self, path: Path, *arguments: str, **env: str) -> str:
        """Run the program in `path`, with this test's settings and `env`; its output."""
        ours = {name: value for name, value in os.environ.items() if name.startswith("PENSTOCK_")}
        output = self.folder / "output"
        output.unlink(missing_ok=True)
        program = Program(str(path), [*arguments], self.env | ours | env, str(output))
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps(asdict(program)), file=self.process.stdin, flush=True)
        code = self.process.stdout.readline()
        assert code == "0\n", output.read_text()
        return output.read_text()


@pytest.fixture(scope="package")
def airflow_env(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an Airflow with a migrated metadata database."""
    url = embedded.url(cluster, embedded.METADATA)
    env = os.environ | {
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url.replace("://", "+psycopg2://"),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "dags", ROOT / "plugins"))),
    }
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, env=env, check=True, capture_output=True)
    return env


@pytest.fixture(scope="package")
def warm_airflow(
    airflow_env: dict[str, str], cluster: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Airflow]:
    """A process that has imported Airflow, and parsed the dbt project for the tests' warehouse."""
    folder = tmp_path_factory.mktemp("warm")
    ours = {"PENSTOCK_HOME": str(folder), "PENSTOCK_WAREHOUSE_URL": warehouse_url(cluster)}
    command = [sys.executable, "-m", "tests.integration.airflow.warm"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, env=airflow_env | ours, stderr=log,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        yield Airflow(airflow_env, process, folder)
        process.communicate()


@pytest.fixture
def airflow(warm_airflow: Airflow, home: Path) -> Airflow:
    """Airflow beside this test's home and warehouse."""
    return warm_airflow

"""Airflow in this process: a home of its own before its first import; our plugins on the path."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from penstock.warehouse import embedded

ROOT = Path(__file__).parents[3]

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="penstock-airflow-"))
sys.path.append(str(ROOT / "plugins"))


@pytest.fixture(scope="session")
def env(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An Airflow with a migrated metadata database on the tests' Postgres."""
    url = embedded.url(cluster, embedded.METADATA)
    made = os.environ | {
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url.replace("://", "+psycopg2://"),
    }
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, env=made, check=True, capture_output=True)
    return made

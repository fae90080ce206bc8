"""Airflow in this process: a home of its own before its first import; our plugins on the path."""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="penstock-airflow-"))
sys.path.append(str(ROOT / "plugins"))

"""Runs an `airflow` command with the same configuration as `penstock up`."""

import os
import sys

from penstock.errors import faults
from penstock.runtime import airflow_env
from penstock.settings import home

with faults.told():
    home.enter()
    os.execvpe("airflow", ["airflow", *sys.argv[1:]], airflow_env())  # noqa: S606

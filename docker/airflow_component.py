"""Becomes the `airflow` command given, configured exactly as `penstock up` configures it."""

import os
import sys

from penstock import faults, home
from penstock.runtime import airflow_env

with faults.told():
    home.enter()
    os.execvpe("airflow", ["airflow", *sys.argv[1:]], airflow_env())  # noqa: S606

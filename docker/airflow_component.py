"""Becomes the `airflow` command given, configured exactly as `penstock up` configures it."""

import os
import sys

from penstock import home
from penstock.runtime import airflow_env

home.enter()
os.execvpe("airflow", ["airflow", *sys.argv[1:]], airflow_env())  # noqa: S606

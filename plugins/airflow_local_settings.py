"""Preloads slow imports in the scheduler. Airflow imports this module first in every process.

The scheduler forks its tasks (LocalExecutor), so a task need not import pandas, Great Expectations
and dbt again, which takes seconds. Other components import nothing here.
"""

import sys

__all__: list[str] = []  # exports nothing to airflow.settings

if "scheduler" in sys.argv[1:2]:
    from airflow.providers.postgres.hooks import postgres  # noqa: F401 - for its forks

    from penstock import validate
    from penstock.marts import build

    validate.warm()
    build.warm()

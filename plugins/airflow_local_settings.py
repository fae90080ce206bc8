"""Airflow imports this before anything else, in each of its processes.

The scheduler forks its tasks (LocalExecutor), so what it has imported and parsed, no task needs to:
seconds of pandas, Great Expectations and dbt are paid once. Other components import nothing.
"""

import sys

__all__: list[str] = []  # nothing here becomes a name of airflow.settings

if "scheduler" in sys.argv[1:2]:
    from airflow.providers.postgres.hooks import postgres  # noqa: F401 - for its forks to have

    from penstock import validate
    from penstock.marts import build

    validate.warm()
    build.warm()

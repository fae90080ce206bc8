"""Readies databases, landing folders and the web password for the services. Safe to repeat."""

import json
import os

from penstock import faults, landing, warehouse
from penstock.datasets import all_datasets
from penstock.home import enter
from penstock.runtime import airflow_env, keys, metadata
from penstock.settings import settings

# What docker-compose.yaml hides from the API: there already, or Docker would make it as root.
HIDDEN = (
    *("airflow", "archive", "claimed", "dbt", "docs"),
    *("exports", "logs", "rejected", "secrets", "spool"),
)


def main() -> None:
    """Everything the services find done when they start.

    Raises:
        PenstockError: a database refused; says which command failed and how.
    """
    enter()
    home = settings().home
    warehouse.migrate()
    metadata.ensure_migrated(airflow_env(), home)
    for name in HIDDEN:
        (home / name).mkdir(mode=0o700, exist_ok=True)
    for dataset in all_datasets().values():
        landing.folder(dataset)
    users = {keys.ADMIN: os.environ["WEB_PASSWORD"]}
    keys.passwords_file(home).write_text(json.dumps(users))


if __name__ == "__main__":
    with faults.told():
        main()

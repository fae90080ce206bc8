"""Readies databases, landing folders and logins of the web UI for the services; can be repeated."""

import json
import os
import sys

from penstock import schema
from penstock.arrivals import mirror_folder
from penstock.datasets import all_datasets
from penstock.errors import faults
from penstock.files import landing
from penstock.runtime import airflow_env, keys, metadata
from penstock.settings import settings
from penstock.settings.home import enter

# What docker-compose.yaml hides from the API: there already, or Docker would make it as root.
HIDDEN = (
    *("airflow", "archive", "claimed", "copies", "dbt", "docs"),
    *("exports", "logs", "rejected", "secrets", "spool"),
)


def main() -> None:
    """Everything the services find done when they start.

    Raises:
        PenstockError: a database refused; says which command failed and how.
    """
    enter()
    home = settings().home
    schema.migrate()
    migrated = metadata.ensure_migrated(airflow_env(), home)
    metadata.ensure_connection(airflow_env(), home, os.environ["WAREHOUSE_URL"], anew=migrated)
    for name in HIDDEN:
        (home / name).mkdir(mode=0o700, exist_ok=True)
    for dataset in all_datasets().values():
        if not dataset.mirror:
            landing.folder(dataset)
    for lost in mirror_folder.set_up_all():  # the other datasets can do without
        sys.stderr.write(f"{lost}\n")
    users = {keys.ADMIN: os.environ["WEB_PASSWORD"]}
    keys.passwords_file(home).write_text(json.dumps(users))


if __name__ == "__main__":
    with faults.told():
        main()

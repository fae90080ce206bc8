"""Prepares databases, landing folders and the web UI's login before the services start."""

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

# docker-compose.yaml mounts over these in the API. They must exist, or root would own them.
HIDDEN = (
    *("airflow", "archive", "claimed", "copies", "dbt", "docs"),
    *("exports", "logs", "rejected", "secrets", "spool"),
)


def main() -> None:
    """Migrate, and create the folders and logins that the services need. Idempotent.

    Raises:
        PenstockError: a migration failed; the message names the command and its error.
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
    for lost in mirror_folder.set_up_all():  # the other datasets work without it
        sys.stderr.write(f"{lost}\n")
    users = {keys.ADMIN: os.environ["WEB_PASSWORD"]}
    keys.passwords_file(home).write_text(json.dumps(users))


if __name__ == "__main__":
    with faults.told():
        main()

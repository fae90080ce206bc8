"""Brings both databases to this image's schema and sets the web user's password. Safe to repeat."""

import json
import os
import sys

from penstock import warehouse
from penstock.errors import PenstockError
from penstock.runtime import airflow_env, keys, metadata
from penstock.settings import settings


def main() -> None:
    """Everything the services find done when they start.

    Raises:
        PenstockError: a database refused; says which command failed and how.
    """
    home = settings().home
    warehouse.migrate()
    metadata.ensure_migrated(airflow_env(), home)
    users = {keys.ADMIN: os.environ["WEB_PASSWORD"]}
    keys.passwords_file(home).write_text(json.dumps(users))


if __name__ == "__main__":
    try:
        main()
    except PenstockError as error:
        sys.exit(str(error))

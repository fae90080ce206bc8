"""The command line: the library without Airflow. Exit codes: 0 done, 1 not done, 2 misused."""

import sys

import psycopg

from penstock.cli.app import app
from penstock.errors import PenstockError


def main() -> None:
    """Run the command line; what a user can mend is told in a line, without a traceback."""
    try:
        app()
    except PenstockError as error:
        sys.exit(f"penstock: {error}")
    except psycopg.OperationalError as error:
        sys.exit(f"penstock: the warehouse does not answer: {error}")

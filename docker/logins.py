"""Creates missing databases and logins on the server, and sets their passwords.

Runs before each migration, so that an upgrade has its logins and a changed password in .env is
applied. Idempotent.
"""

import os

import psycopg

from penstock.errors import faults
from penstock.warehouse import logins

PASSWORDS = {
    logins.OWNER: "PENSTOCK_OWNER_PASSWORD",
    logins.APP: "PENSTOCK_APP_PASSWORD",
    logins.API: "PENSTOCK_API_PASSWORD",
    logins.ANALYST: "PENSTOCK_ANALYST_PASSWORD",
    logins.AIRFLOW: "AIRFLOW_DATABASE_PASSWORD",
}

with faults.told(), psycopg.connect(os.environ["SUPERUSER_URL"], autocommit=True) as server:
    logins.ensure(server, passwords={login: os.environ[name] for login, name in PASSWORDS.items()})

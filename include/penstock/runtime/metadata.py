"""Migrates Airflow's metadata database, unless a stamp file shows that it is up to date."""

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import psycopg

from penstock.runtime import processes
from penstock.settings import WAREHOUSE_POOL

_POOL_SLOTS = 3


def ensure_migrated(env: dict[str, str], home: Path) -> bool:
    """Migrate the metadata database to the installed Airflow; return whether it changed.

    Raises:
        PenstockError: the migration failed; the message contains the end of its log.
    """
    stamp = home / "run" / "metadata_stamp"
    if stamp.exists() and stamp.read_text() == _state(env):
        return False
    airflow = [sys.executable, "-m", "airflow"]
    processes.run("migrate", [*airflow, "db", "migrate"], env, home)
    pool = ["pools", "set", WAREHOUSE_POOL, str(_POOL_SLOTS), "Tasks that write to the warehouse"]
    processes.run("migrate", [*airflow, *pool], env, home)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(_state(env))
    return True


def ensure_connection(env: dict[str, str], home: Path, url: str, anew: bool = False) -> None:
    """Set the Airflow connection `warehouse` to `url`, unless a user has changed it.

    Skipped if the stamp file shows that `url` is set, unless `anew`. Also skipped if the
    environment defines the connection, because Airflow prefers that one.

    Raises:
        PenstockError: the connection could not be written; the message contains the end of the log.
    """
    stamp = home / "run" / "connection_stamp"
    done = stamp.exists() and stamp.read_text().startswith(_fingerprint(url))
    if "AIRFLOW_CONN_WAREHOUSE" in env or (done and not anew):
        return
    script = Path(env["AIRFLOW__CORE__PLUGINS_FOLDER"]) / "keep_connection.py"
    given = env | {"PENSTOCK_CONNECTION_URL": url}
    processes.run("migrate", [sys.executable, str(script), str(stamp)], given, home)


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _state(env: dict[str, str]) -> str:
    """Return the expected stamp: the version of Airflow and the revision of the database."""
    return f"{version('apache-airflow-core')} {_revision(env)}"


def _revision(env: dict[str, str]) -> str:
    _, _, rest = env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].partition("://")
    with psycopg.connect(f"postgresql://{rest}") as connection:
        found = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
        if found != (True,):
            return "empty"
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else "empty"

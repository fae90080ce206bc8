"""The embedded Postgres: starts, stops, survives, wherever its home is."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from penstock.warehouse import embedded
from tests.pipeline import exit_code, fork


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A home whose server this test may stop and kill."""
    with tempfile.TemporaryDirectory(prefix="penstock-embedded-") as place:
        yield Path(place) / "home"
        embedded.stop(Path(place) / "home")


def _write(home: Path) -> None:
    with psycopg.connect(embedded.url(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")


def _read(home: Path) -> int:
    with psycopg.connect(embedded.url(home)) as connection:
        return connection.execute("SELECT n FROM kept").fetchone()[0]


def test_data_survives_a_stop_and_a_kill(own_home: Path) -> None:
    embedded.ensure_running(own_home)
    _write(own_home)
    embedded.ensure_running(own_home)
    embedded.stop(own_home)
    assert not embedded.is_running(own_home)
    embedded.stop(own_home)
    embedded.ensure_running(own_home)
    assert _read(own_home) == 42
    with psycopg.connect(embedded.url(own_home)):  # its backend outlives the postmaster a moment
        pid = int((own_home / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        embedded.ensure_running(own_home)
    assert _read(own_home) == 42


def test_many_processes_that_start_it_at_once_start_one(own_home: Path) -> None:
    starts = [fork(lambda: embedded.ensure_running(own_home)) for _ in range(4)]
    assert [exit_code(process) for process in starts] == [0] * 4
    with psycopg.connect(embedded.url(own_home, "postgres")) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert {("penstock",), ("airflow",)} <= set(names)


def test_two_homes_side_by_side_one_too_deep_for_a_socket(own_home: Path) -> None:
    deep = own_home.joinpath(*["a folder with a long name"] * 6)
    for home in (own_home, deep):
        embedded.ensure_running(home)
    try:
        _write(deep)
        assert _read(deep) == 42
        with psycopg.connect(embedded.url(own_home)) as connection:
            assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
        assert embedded.socket_dir(deep).stat().st_mode & 0o777 == 0o700
    finally:
        embedded.stop(deep)


def _may_run_python(user: dict) -> bool:
    command = [sys.executable, "-c", "import penstock"]
    try:
        return subprocess.run(command, cwd="/", check=False, **user).returncode == 0
    except PermissionError:
        return False


def test_an_ordinary_user_has_one_too() -> None:
    program = """if True:
        import pathlib, sys
        from penstock.warehouse import embedded
        home = pathlib.Path(sys.argv[1])
        embedded.ensure_running(home)
        print(embedded.is_running(home))
        embedded.stop(home)
        """
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    if not _may_run_python(user):
        pytest.skip("this checkout lies in a folder that only root may enter")
    with tempfile.TemporaryDirectory(prefix="penstock-user-") as place:
        if user:
            os.chown(place, 65534, 65534)
        done = subprocess.run(
            [sys.executable, "-c", program, f"{place}/home"],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
            **user,
        )
        assert done.stdout.strip() == "True", done.stderr


def test_a_home_of_the_time_before_logins_gets_them(own_home: Path) -> None:
    """There the superuser was the only login, everybody was trusted, Airflow's tables were his."""
    embedded.ensure_running(own_home)
    with psycopg.connect(embedded.url(own_home, "airflow"), autocommit=True) as connection:
        connection.execute("ALTER DATABASE airflow OWNER TO penstock")
        for login in ("airflow", "analyst"):
            connection.execute(f"DROP OWNED BY {login}; DROP ROLE {login}")
        connection.execute("CREATE TYPE mood AS ENUM ('good')")
        connection.execute("CREATE TABLE dag (id serial PRIMARY KEY, state mood)")
        connection.execute("CREATE VIEW dags AS SELECT * FROM dag")
    hba = own_home / "postgres" / "pg_hba.conf"
    hba.write_text("local all all trust\n")
    embedded.ensure_running(own_home)
    assert "trust" not in hba.read_text()
    with psycopg.connect(embedded.url(own_home, "airflow", "airflow")) as connection:
        connection.execute("ALTER TABLE dag ADD COLUMN name text")
        connection.execute("ALTER TYPE mood ADD VALUE 'better'")
        connection.execute("INSERT INTO dag (name) VALUES ('x')")
    psycopg.connect(embedded.url(own_home, login="analyst")).close()

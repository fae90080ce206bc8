"""Which commands migrate and which only read, also as the logins of the containers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from penstock.schema import migrate, version
from penstock.settings import settings
from penstock.warehouse import dsn, logins
from tests.pipeline import configure, events, ingest, land
from tests.servers import debian_postgres

Run = Callable[..., subprocess.CompletedProcess[str]]

READING = [
    ["files"],
    ["files", "events", "--json"],
    ["files", "--waiting"],
    ["quarantine", "events"],
    ["keys", "list"],
    ["url", "--role", "loader"],
    ["verify", "events"],
    ["docs"],
]
WRITING = [
    ["load", "events"],
    ["replay", "1"],
    ["approve", "people"],
    ["build", "events"],
    ["keys", "create", "me", "--scope", "read"],
]


@pytest.fixture
def penstock(home: Path) -> Run:
    """Run a command in this test's home."""
    return _penstock


def _penstock(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("penstock")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, env=os.environ
    )


@pytest.fixture
def as_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The warehouse of the containers: another login owns it than the one that loads."""
    with debian_postgres() as admin:
        with psycopg.connect(admin, autocommit=True) as connection:
            logins.ensure(connection, passwords=dict.fromkeys((logins.OWNER, logins.APP), "x"))
        configure(monkeypatch, home=tmp_path / "home", settle_seconds=0.001)
        configure(monkeypatch, warehouse_url=_as(admin, logins.OWNER))
        migrate()
        configure(monkeypatch, warehouse_url=_as(admin, logins.APP))
        yield
    settings.cache_clear()


def _as(admin: str, login: str) -> str:
    return admin.replace("admin@/postgres?", f"{login}:{quote('x')}@/penstock?")


def _set_version(version: str) -> None:
    with psycopg.connect(dsn()) as connection:
        connection.execute("UPDATE ingest.alembic_version SET version_num = %s", [version])


def test_the_version_of_the_code_is_its_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(version.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == version.expected()


def test_a_command_that_reads_does_not_migrate(penstock: Run) -> None:
    _set_version("0001")
    for arguments in READING:
        done = penstock(*arguments)
        assert done.returncode == 1, arguments
        assert "version 0001, older than version" in done.stderr, arguments
        assert "run `penstock migrate`" in done.stderr, arguments
    with psycopg.connect(dsn()) as connection:
        found = connection.execute("SELECT version_num FROM ingest.alembic_version").fetchone()
    assert found == ("0001",)


@pytest.mark.parametrize("arguments", [["files"], ["load", "events"], ["migrate"]], ids=" ".join)
def test_a_schema_newer_than_the_code_is_left_alone(penstock: Run, arguments: list[str]) -> None:
    _set_version("9999")
    done = penstock(*arguments)
    assert done.returncode == 1
    assert "version 9999, newer than version" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_without_a_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with debian_postgres() as admin:
        configure(monkeypatch, home=tmp_path / "home", warehouse_url=admin)
        done = _penstock("files")
    assert done.returncode == 1
    assert "schema is missing for this Penstock: run `penstock migrate`" in done.stderr


@pytest.mark.usefixtures("as_app")
def test_all_commands_of_the_triage_pages_work_in_a_container() -> None:
    land("events", "x.txt", events(3, 1))
    ingest("events")
    done = {" ".join(arguments): _penstock(*arguments) for arguments in [*WRITING, *READING]}
    failed = {name: each.stderr for name, each in done.items() if each.returncode != 0}
    assert failed == {"approve people": "penstock: people: no loss waits to be approved\n"}
    (newest, replayed) = json.loads(done["files events --json"].stdout)
    assert (newest["state"], replayed["state"]) == ("sealed", "superseded")


@pytest.mark.usefixtures("as_app")
def test_a_container_that_waits_for_its_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    as_app = settings().warehouse_url
    configure(monkeypatch, warehouse_url=str(as_app).replace(logins.APP, logins.OWNER))
    _set_version("0001")
    configure(monkeypatch, warehouse_url=as_app)
    for arguments in WRITING:
        done = _penstock(*arguments)
        assert done.returncode == 1
        assert "`docker compose run --rm migrate`" in done.stderr
        assert "Traceback" not in done.stderr


def test_status_in_a_container_asks_the_shared_api_server(
    penstock: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://127.0.0.1:1/execution/")
    done = penstock("status", "--json")
    found = {part["name"]: (part["healthy"], part["pid"]) for part in json.loads(done.stdout)}
    components = ("api-server", "scheduler", "dag-processor", "triggerer")
    assert found == dict.fromkeys(components, (False, None))
    assert done.returncode == 1

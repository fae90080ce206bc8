"""The logins: what each of them can never do, whatever role its sessions choose."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from penstock.marts import build
from penstock.schema import migrate
from penstock.settings import settings
from penstock.warehouse import app_url, dsn, embedded, logins, people_url
from tests.pipeline import configure, events, ingest, land
from tests.servers import debian_postgres

BECOME = [
    f"SET ROLE {role}"
    for role in ("penstock_loader", "penstock_transformer", "penstock_owner", "penstock", "admin")
]
WRITE = [
    *("DELETE FROM ingest.file", "DELETE FROM marts.events", "DELETE FROM staging.events"),
    *("DROP VIEW stg.stg_events", "CREATE TABLE marts.mine (n int)", "CREATE TEMP TABLE mine ()"),
    *("COPY ingest.file FROM PROGRAM 'true'", "COPY ingest.file TO PROGRAM 'true'"),
    *("SELECT pg_read_file('/etc/passwd')", "SELECT lo_export(0, '/tmp/x')"),
]
READ_STAGING = "SELECT * FROM staging.events"
READ_KEYS = "SELECT secret_hash FROM api.key"


@pytest.fixture(scope="module", params=["embedded", "debian"])
def server(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """A warehouse with an event in it, on a server with its logins; the URL of each login."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="penstock-logins-") as place,
    ):
        patch.delenv("PENSTOCK_WAREHOUSE_URL", raising=False)
        configure(patch, home=Path(place) / "home", settle_seconds=0.001)
        if request.param == "embedded":
            yield _filled(_embedded_urls())
            embedded.stop(settings().home)
        else:
            with debian_postgres() as admin:
                urls = _debian_urls(admin)
                configure(patch, warehouse_url=urls[logins.OWNER])
                migrate()
                configure(patch, warehouse_url=urls[logins.APP])
                yield _filled(urls)
    settings.cache_clear()


def _embedded_urls() -> dict[str, str]:
    migrate()
    airflow = embedded.url(settings().home, logins.METADATA, logins.AIRFLOW)
    return {
        logins.ANALYST: people_url(),
        logins.API: dsn("api"),
        logins.APP: app_url(),
        logins.AIRFLOW: airflow,
    }


def _debian_urls(admin: str) -> dict[str, str]:
    names = (logins.OWNER, logins.APP, logins.API, logins.ANALYST, logins.AIRFLOW)
    with psycopg.connect(admin, autocommit=True) as connection:
        logins.ensure(connection, passwords={name: f"of {name}" for name in names})
        logins.ensure(connection)
        hashes = "SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256$%'"
        assert {name for (name,) in connection.execute(hashes)} == set(names)
    urls = {
        name: admin.replace("admin@", f"{name}:{quote(f'of {name}')}@").replace(
            "/postgres?", "/penstock?"
        )
        for name in names
    }
    return urls | {logins.AIRFLOW: urls[logins.AIRFLOW].replace("/penstock?", "/airflow?")}


def _filled(urls: dict[str, str]) -> dict[str, str]:
    """Land, load and build as the services do: all through the app's login."""
    land("events", "x.txt", events(2, 1))
    ingest("events")
    build.build("events")
    return urls


def _refused(url: str, statements: list[str]) -> list[str]:
    refused = []
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            for before in ("SELECT 1", "SET ROLE NONE", "RESET ROLE", "RESET ALL"):
                connection.execute(before)
                with pytest.raises(psycopg.Error) as error:
                    connection.execute(statement)
                assert error.value.sqlstate in ("42501", "22023", "28000"), statement
            refused.append(statement)
    return refused


def test_what_a_login_can_never_do(server: dict[str, str]) -> None:
    roles = _existing(server[logins.APP], BECOME)
    nobody = [*roles, *WRITE, READ_STAGING]
    assert _refused(server[logins.ANALYST], [*nobody, READ_KEYS]) == [*nobody, READ_KEYS]
    assert _refused(server[logins.API], nobody) == nobody
    others = [role for role in roles if role[len("SET ROLE ") :] not in _APPS]
    assert _refused(server[logins.APP], [*others, READ_KEYS]) == [*others, READ_KEYS]


def test_what_a_login_can_do(server: dict[str, str]) -> None:
    for login in (logins.ANALYST, logins.API):
        with psycopg.connect(server[login]) as connection:
            for table in ("marts.events", "ingest.file, ingest.quarantine", "stg.stg_events"):
                assert connection.execute(f"SELECT count(*) > 0 FROM {table}").fetchone() == (True,)
    with psycopg.connect(server[logins.API]) as connection:
        connection.execute(READ_KEYS)


def test_no_login_enters_the_others_database(server: dict[str, str]) -> None:
    for login in (logins.ANALYST, logins.API, logins.APP):
        for database in ("airflow", "postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(server[login].replace("/penstock?", f"/{database}?"))
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server[logins.AIRFLOW].replace("/airflow?", "/penstock?"))
    with psycopg.connect(server[logins.AIRFLOW]) as connection:
        connection.execute("CREATE TABLE its_own ()")


def test_who_leaves_a_transaction_open_is_ended(server: dict[str, str]) -> None:
    limits = ("idle_in_transaction_session_timeout", "statement_timeout")
    for url in (server[logins.ANALYST], dsn("reader")):
        with psycopg.connect(url) as reader:
            shown = [reader.execute(f"SHOW {limit}").fetchone() for limit in limits]
            assert shown == [("5min",), ("1h",)]


_APPS = ("penstock_loader", "penstock_transformer")


def _existing(url: str, statements: list[str]) -> list[str]:
    """Those that name a role of this server."""
    with psycopg.connect(url) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    return [each for each in statements if each.removeprefix("SET ROLE ") in known]

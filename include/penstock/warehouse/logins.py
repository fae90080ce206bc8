"""Creates the logins of a server that Penstock manages, each with the least privilege.

| login | is used by | may |
|---|---|---|
| `penstock_owner` | migrations, in containers | own the warehouse, make roles |
| `penstock_app` | loads, builds, Airflow's tasks | nothing until it chooses a role |
| `penstock_api` | the API | read as readers do, and the API's keys |
| `analyst` | people | read |
| `airflow` | Airflow | all of its own database, nothing of the warehouse |
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

WAREHOUSE, METADATA = "penstock", "airflow"
OWNER, APP, API, ANALYST, AIRFLOW = (
    *("penstock_owner", "penstock_app", "penstock_api", "analyst", "airflow"),
)

_READER = "penstock_reader"
_WORK = ("penstock_loader", "penstock_transformer", _READER, API)  # migrations grant to these
_GRANTS = {APP: _WORK, API: (_READER,), ANALYST: (_READER,), AIRFLOW: ()}
# Without NOINHERIT, the app's sessions would have the rights of all roles at once.
_ATTRIBUTES = {OWNER: "CREATEROLE", APP: "NOINHERIT"}

# A reader's open transaction blocks builds that replace a mart, and delays vacuum.
READER_LIMITS = {"idle_in_transaction_session_timeout": "5min", "statement_timeout": "1h"}

_ACCESS = """
REVOKE ALL ON DATABASE postgres, template1, penstock, airflow FROM PUBLIC;
GRANT CONNECT ON DATABASE penstock TO penstock_reader, penstock_app;
GRANT TEMPORARY ON DATABASE penstock TO penstock_transformer; -- dbt's increments
"""

_HAND_OVER = """
DO $$
DECLARE command text;
BEGIN
    FOR command IN
        SELECT format('ALTER %s %s OWNER TO airflow',
                      CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                      oid::regclass)
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
            AND relowner <> 'airflow'::regrole
            -- A table's sequences go with it.
            AND oid NOT IN (SELECT objid FROM pg_depend WHERE deptype IN ('a', 'i'))
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO airflow', oid::regtype)
        FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
            AND typowner <> 'airflow'::regrole
    LOOP
        EXECUTE command;
    END LOOP;
END $$
"""


def ensure(
    server: psycopg.Connection, owner: str = OWNER, passwords: Mapping[str, str] | None = None
) -> None:
    """Create missing databases and logins, and set the passwords. Idempotent.

    `server` is a superuser's connection in autocommit mode. `owner` becomes the warehouse's owner.
    """
    logins = [*_GRANTS, *([OWNER] if owner == OWNER else [])]
    _create_missing(server, [*_WORK, *logins])
    for login in logins:
        attributes = sql.SQL(f"LOGIN {_ATTRIBUTES.get(login, '')}")
        server.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(login), attributes))
        for role in _GRANTS.get(login, ()):
            _grant(server, role, login)
    if owner == OWNER:
        for role in _WORK:
            _grant(server, role, OWNER, "WITH ADMIN OPTION")
    for name, value in READER_LIMITS.items():
        limit = sql.SQL("ALTER ROLE {} SET {} = {}")
        server.execute(limit.format(sql.Identifier(ANALYST), sql.Identifier(name), value))
    for login, password in (passwords or {}).items():
        _set_password(server, login, password)
    _create_database(server, WAREHOUSE, owner)
    _create_database(server, METADATA, AIRFLOW)
    server.execute(_ACCESS)


def hand_over(metadata: psycopg.Connection) -> None:
    """Make `airflow` the owner of Airflow's tables. In early versions the superuser owned them."""
    metadata.execute(_HAND_OVER)


def _create_missing(server: psycopg.Connection, names: list[str]) -> None:
    known = {row[0] for row in server.execute("SELECT rolname FROM pg_roles")}
    for name in dict.fromkeys(names):
        if name not in known:
            server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))


def _grant(server: psycopg.Connection, role: str, login: str, option: str = "") -> None:
    grant = sql.SQL("GRANT {} TO {} " + option)
    server.execute(grant.format(sql.Identifier(role), sql.Identifier(login)))


def _set_password(server: psycopg.Connection, login: str, password: str) -> None:
    # Hashed here, so that the password cannot appear in the server's log.
    hashed = server.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    change = sql.SQL("ALTER ROLE {} PASSWORD {}")
    server.execute(change.format(sql.Identifier(login), sql.Literal(hashed.decode())))


def _create_database(server: psycopg.Connection, name: str, owner: str) -> None:
    known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    change = "ALTER DATABASE {} OWNER TO {}" if known else "CREATE DATABASE {} OWNER {}"
    server.execute(sql.SQL(change).format(sql.Identifier(name), sql.Identifier(owner)))

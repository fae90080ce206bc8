"""docker-compose.yaml, started for real. `make test-compose` runs this; it needs a Docker engine.

Named so that `make test` does not collect it. tests/compose/images.sh made the images.
"""

import json
import os
import shlex
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx2
import psycopg
import pytest
from tests.programs import ROOT

DOCKER = os.environ.get("DOCKER", "docker")
COMPOSE = shlex.split(os.environ.get("COMPOSE", f"{DOCKER} compose"))
COMPONENTS = ["api-server", "scheduler", "dag-processor", "triggerer", "api"]
PATIENCE = 600  # seconds until a condition must hold; a quiet machine needs a tenth


@dataclass(frozen=True)
class Stack:
    """The services of one compose project, and what its .env says."""

    env_file: Path
    env: dict[str, str]

    def compose(self, *arguments: str) -> str:
        """The output of `docker compose <arguments>` for this project."""
        files = ["--file", "docker-compose.yaml", "--file", "tests/compose/override.yaml"]
        project = ["--project-name", "penstock-test", "--env-file", str(self.env_file)]
        return _run(*COMPOSE, *project, *files, *arguments)

    def container(self, service: str) -> str:
        return self.compose("ps", "--quiet", service).strip()

    def inspect(self, service: str) -> dict:
        """What Docker knows of the service's container."""
        return json.loads(_run(DOCKER, "inspect", self.container(service)))[0]

    def query(self, statement: str, login: str = "analyst", database: str = "penstock") -> list:
        """Rows of a statement, over the port that Postgres publishes on this machine."""
        secret = "POSTGRES" if login == "postgres" else f"PENSTOCK_{login.split('_')[-1].upper()}"
        password = quote(self.env[f"{secret}_PASSWORD"], safe="")
        url = f"postgresql://{login}:{password}@127.0.0.1:{self.env['POSTGRES_PORT']}/{database}"
        with psycopg.connect(url, connect_timeout=10) as connection:
            return connection.execute(statement).fetchall()

    def drop(self, name: str, text: str, folder: Path) -> None:
        """Put a file into the landing zone's volume, from outside."""
        local = folder / name
        local.write_text(text)
        place = f"{self.container('scheduler')}:/var/lib/penstock/landing/events/{name}"
        _run(DOCKER, "cp", str(local), place)

    def is_healthy(self, service: str) -> bool:
        return self.inspect(service)["State"].get("Health", {}).get("Status") == "healthy"


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _wait(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    env_file = tmp_path_factory.mktemp("server") / ".env"
    _run("docker/write-env.sh", str(env_file))
    with env_file.open("a") as out:
        out.write(f"PENSTOCK_IMAGE=penstock-test\nWEB_PORT={_free_port()}\n")
        out.write(f"POSTGRES_PORT={_free_port()}\nAPI_PORT={_free_port()}\n")
    lines = [line for line in env_file.read_text().splitlines() if "=" in line[1:]]
    stack = Stack(env_file, dict(line.split("=", 1) for line in lines if line[0] != "#"))
    stack.compose("down", "--volumes")
    try:
        stack.compose("up", "--detach", "--no-build")
        for service in ["postgres", *COMPONENTS]:
            _wait(f"{service} is healthy", partial(stack.is_healthy, service))
        yield stack
    finally:
        sys.stdout.write(stack.compose("logs", "--tail", "40"))
        stack.compose("down", "--volumes")


def _events(name: str, count: int) -> str:
    good = "".join(
        f"2000-01-{1 + n % 28:02}T17:25:49Z person{n}@example.org {name}-{n}\n"
        for n in range(count)
    )
    return f"{good}null\n2000-01-01T25:49Z nobody@example.org x\n"


def _rows(stack: Stack, name: str) -> int:
    exists = stack.query("SELECT to_regclass('marts.events') IS NOT NULL")
    if exists != [(True,)]:
        return 0
    [(count,)] = stack.query(f"SELECT count(*) FROM marts.events WHERE filename = '{name}'")
    return int(count)


def test_a_dropped_file_reaches_the_mart_and_its_bad_lines_the_quarantine(
    stack: Stack, tmp_path: Path
) -> None:
    stack.drop("dropped.txt", _events("dropped", 50), tmp_path)
    _wait("50 rows in marts.events", lambda: _rows(stack, "dropped.txt") == 50)
    refused = stack.query(
        "SELECT line, raw FROM ingest.quarantine JOIN ingest.file USING (file_id)"
        " WHERE path = 'dropped.txt' ORDER BY line"
    )
    assert refused == [(51, "null"), (52, "2000-01-01T25:49Z nobody@example.org x")]


@pytest.mark.parametrize("victim", ["scheduler", "triggerer", "postgres"])
def test_a_killed_service_comes_back_and_loads_every_row_once(
    stack: Stack, tmp_path: Path, victim: str
) -> None:
    name = f"killed-{victim}.txt"
    started = stack.inspect(victim)["State"]["StartedAt"]
    stack.drop(name, _events(victim, 5000), tmp_path)
    os.kill(stack.inspect(victim)["State"]["Pid"], 9)
    _wait(f"{victim} restarted", lambda: stack.inspect(victim)["State"]["StartedAt"] != started)
    _wait(f"{victim} is healthy", lambda: stack.is_healthy(victim))
    _wait("5000 rows in marts.events", lambda: _rows(stack, name) == 5000)


@pytest.mark.parametrize("service", ["postgres", *COMPONENTS])
def test_a_service_can_do_little(stack: Stack, service: str) -> None:
    facts = stack.inspect(service)
    host = facts["HostConfig"]
    assert facts["Config"]["User"] in {"penstock", "postgres"}
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"])
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert 0 < host["PidsLimit"] <= 256
    assert 0 < host["Memory"] <= 4 * 1024**3
    assert "size=" in host["Tmpfs"]["/tmp"]  # noqa: S108
    bound = [each["HostIp"] for ports in (host["PortBindings"] or {}).values() for each in ports]
    assert set(bound) <= {"127.0.0.1"}


def test_no_password_of_an_owner_is_within_reach_of_a_component(stack: Stack) -> None:
    secrets = ["POSTGRES_PASSWORD", "PENSTOCK_OWNER_PASSWORD", "WEB_PASSWORD"]
    for service in COMPONENTS:
        beside = [] if service == "scheduler" else ["PENSTOCK_APP_PASSWORD"]
        beside += ["AIRFLOW_DATABASE_PASSWORD"] if service == "api" else []
        environment = "\n".join(stack.inspect(service)["Config"]["Env"])
        assert not [name for name in secrets + beside if stack.env[name] in environment]


def test_the_api_sees_only_what_it_serves(stack: Stack) -> None:
    look = (
        "for each in /var/lib/penstock/*/; do ls -A $each >/dev/null 2>&1 && basename $each; done"
    )
    seen = stack.compose("exec", "-T", "api", "sh", "-c", f"{look}; true").split()
    assert seen == ["landing", "run"]
    names = stack.compose("exec", "-T", "scheduler", "ls", "/var/lib/penstock").split()
    assert {"archive", "secrets", "airflow"} <= set(names)


@pytest.mark.parametrize("target", ["api-server:8080", "scheduler:8793", "deb.debian.org:80"])
def test_networks_are_split(stack: Stack, target: str) -> None:
    """Of the API's neighbours only Postgres answers; the scheduler reaches nothing outside."""
    host, port = target.split(":")
    probe = f"import socket; socket.create_connection(('{host}', {port}), 5)"
    service = "scheduler" if "." in host else "api"
    tried = f'python -c "{probe}" 2>/dev/null && echo reached || echo closed'
    assert stack.compose("exec", "-T", service, "sh", "-c", tried).strip() == "closed"


@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("penstock_app", "SELECT * FROM ingest.file"),  # it must choose a role first
        ("penstock_app", "SET ROLE penstock_owner"),
        ("penstock_app", "SELECT * FROM api.key"),
        ("analyst", "SELECT * FROM staging.events"),
        ("analyst", "SELECT * FROM api.key"),
        ("analyst", "SET ROLE penstock_loader"),
        ("analyst", "COPY (SELECT 1) TO PROGRAM 'true'"),
        ("analyst", "DELETE FROM ingest.file"),
        ("analyst", "CREATE TABLE marts.mine ()"),
        ("penstock_api", "SET ROLE penstock_loader"),
        ("penstock_api", "DELETE FROM api.key"),
        ("penstock_api", "SELECT * FROM staging.events"),
    ],
)
def test_logins_hold_the_least_privilege(stack: Stack, login: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stack.query(statement, login)


@pytest.mark.parametrize("login", ["analyst", "penstock_api", "penstock_app"])
def test_no_login_of_the_warehouse_enters_airflows_database(stack: Stack, login: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        stack.query("SELECT 1", login, database="airflow")


def test_the_api_takes_a_file_of_who_has_a_key_and_answers_from_the_mart(stack: Stack) -> None:
    create = ["penstock", "keys", "create", "me", "--scope", "read", "--scope", "upload"]
    made = stack.compose("run", "--rm", "-T", "migrate", *create)
    headers = {"Authorization": f"Bearer {made.split()[-1]}"}
    with httpx2.Client(base_url=f"http://127.0.0.1:{stack.env['API_PORT']}", timeout=30) as api:
        assert api.get("/files").status_code == 401
        api.headers.update(headers)
        answer = api.post("/uploads/events?filename=posted.txt", content=_events("posted", 30))
        assert answer.status_code == 202
        status = answer.headers["location"]
        _wait("Airflow loads it", lambda: api.get(status).json()["state"] == "loaded")
        events = api.get("/events?filename=posted.txt&limit=1000").json()["items"]
        page = api.post("/ui/login", data={"key": made.split()[-1]}, follow_redirects=True)
        assert (page.status_code, "Overview" in page.text) == (200, True)
    assert len(events) == 30


def test_the_web_ui_lets_in_only_who_knows_the_password(stack: Stack) -> None:
    login = f"http://127.0.0.1:{stack.env['WEB_PORT']}/auth/token"
    right = {"username": "admin", "password": stack.env["WEB_PASSWORD"]}
    assert httpx2.post(login, json=right).status_code == 201
    assert httpx2.post(login, json=right | {"password": "guess"}).status_code == 401


def test_secrets_are_written_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    _run("docker/write-env.sh", str(target))
    first = target.read_text()
    _run("docker/write-env.sh", str(target))
    assert target.read_text() == first
    secret = first.index("PENSTOCK_API_PASSWORD=")
    target.write_text(first[:secret] + first[first.index("\n", secret) + 1 :])
    _run("docker/write-env.sh", str(target))  # a .env of an earlier version
    assert len(target.read_text()) == len(first)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not [line for line in first.splitlines() if line.endswith("_PASSWORD=")]

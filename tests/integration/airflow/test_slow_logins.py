"""Guessing passwords of the web UI is slow, for one address and for one user."""

import json
from pathlib import Path

from slow_logins import Failures
from tests.integration.airflow.conftest import Airflow

PROBE = """
import json
from airflow.api_fastapi.app import create_app
from starlette.testclient import TestClient

app = create_app()

def ask(address, user, password, path="/auth/token", form=False):
    client = TestClient(app, client=(address, 1))
    body = {"username": user, "password": password}
    answer = client.post(path, data=body) if form else client.post(path, json=body)
    return [answer.status_code, answer.headers.get("retry-after")]

print("RAN", json.dumps({
    "right": [ask("1.1.1.1", "admin", "right"), ask("1.1.1.1", "admin", "right", form=True)],
    "reset": [ask("2.2.2.2", "admin", p)[0] for p in [*["wrong"] * 4, "right"] * 2],
    "guesses": [ask("3.3.3.3", "admin", f"guess {n}") for n in range(60)],
    "cli": ask("3.3.3.3", "admin", "right", path="/auth/token/cli"),
    "other_address": ask("4.4.4.4", "admin", "right", form=True),
    "other_both": ask("4.4.4.4", "viewer", "seen"),
    "endless": ask("5.5.5.5", "x" * 20_000, "x"),
    "others": TestClient(app, client=("3.3.3.3", 1)).get("/api/v2/version").status_code,
}))
"""


def test_wrong_logins_have_to_wait(airflow: Airflow, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords.json"
    passwords.write_text(json.dumps({"admin": "right", "viewer": "seen"}))
    said, _ = airflow.run(
        PROBE,
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS="admin:admin,viewer:viewer",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(passwords),
    )
    assert said["right"] == [[201, None], [201, None]]
    assert said["reset"] == [*[401] * 4, 201, *[401] * 4, 201]
    statuses = [status for status, _ in said["guesses"]]
    assert statuses[:5] == [401] * 5
    assert statuses.count(401) < 12, "a minute of guesses in a moment"
    assert {int(after) for status, after in said["guesses"] if status == 429} <= set(range(1, 301))
    assert said["cli"][0] == 429
    assert said["other_address"][0] == 429, "the user is being guessed, from wherever"
    assert said["other_both"][0] == 201
    assert said["endless"][0] == 413
    assert said["others"] == 200


def test_waits_grow_and_end() -> None:
    failures = Failures()
    waits = []
    now = 0.0
    for _ in range(16):
        now += failures.wait(["address a"], now)
        failures.add(["address a"], now)
        waits.append(failures.wait(["address a"], now))
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert failures.wait(["address a", "user b"], now + 301) == 0
    failures.forget(["address a"])
    assert failures.wait(["address a"], now) == 0


def test_memory_is_bounded() -> None:
    failures = Failures()
    for n in range(20_000):
        failures.add([f"address {n}"], 0.0)
    assert len(failures._kept) == 10_000

"""Generates Penstock's own secrets and stores them in `<home>/secrets/`, readable by the owner."""

import base64
import json
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

ADMIN = "admin"


def fernet_key(home: Path) -> str:
    """Return the key that encrypts Airflow's connections: 32 bytes, URL-safe base64."""
    return _read_or_create(
        home, "fernet_key", lambda: base64.urlsafe_b64encode(os.urandom(32)).decode()
    )


def token(home: Path, name: str) -> str:
    """Return a random token of 512 bits. The first call creates it, later calls return the same."""
    return _read_or_create(home, name, lambda: secrets.token_urlsafe(64))


def passwords_file(home: Path) -> Path:
    """Return the file of users and passwords (a JSON object) for Airflow's auth manager."""
    admin_password(home)
    return home / "secrets" / "airflow_passwords.json"


def admin_password(home: Path) -> str:
    """Return the password of `admin` in the web UI."""
    users = _read_or_create(
        home, "airflow_passwords.json", lambda: json.dumps({ADMIN: secrets.token_urlsafe(12)})
    )
    return str(json.loads(users)[ADMIN])


def _read_or_create(home: Path, name: str, make: Callable[[], str]) -> str:
    path = home / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _publish(path, make())
    return path.read_text().strip()


def _publish(path: Path, text: str) -> None:
    """Write `text` atomically. If two processes write at once, the first wins."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # created with mode 600
    with os.fdopen(handle, "w") as out:
        out.write(text + "\n")
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()

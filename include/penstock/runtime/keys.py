"""Secrets that Penstock makes for itself, kept in `<home>/secrets/`, for the owner's eyes only."""

import base64
import json
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

ADMIN = "admin"


def fernet_key(home: Path) -> str:
    """The key Airflow encrypts connections with: 32 bytes, URL-safe base64."""
    return _kept(home, "fernet_key", lambda: base64.urlsafe_b64encode(os.urandom(32)).decode())


def token(home: Path, name: str) -> str:
    """A random text of 512 bits, made on first use and the same ever after."""
    return _kept(home, name, lambda: secrets.token_urlsafe(64))


def passwords_file(home: Path) -> Path:
    """Where Airflow's auth manager reads who may log in with what, as a JSON object."""
    admin_password(home)
    return home / "secrets" / "airflow_passwords.json"


def admin_password(home: Path) -> str:
    """The web UI's password of `admin`."""
    users = _kept(
        home, "airflow_passwords.json", lambda: json.dumps({ADMIN: secrets.token_urlsafe(12)})
    )
    return str(json.loads(users)[ADMIN])


def _kept(home: Path, name: str, make: Callable[[], str]) -> str:
    path = home / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _publish(path, make())
    return path.read_text().strip()


def _publish(path: Path, text: str) -> None:
    """Write `text` whole or not at all; of two at once the first wins."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # made with mode 600
    with os.fdopen(handle, "w") as out:
        out.write(text + "\n")
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()

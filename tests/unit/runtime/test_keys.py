"""Generated secrets: for the owner's eyes only, and the same ever after."""

import json
import stat
from pathlib import Path

from cryptography.fernet import Fernet

from penstock.runtime import keys


def test_secrets_stay_the_same_and_differ_between_homes(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for make in (keys.fernet_key, keys.admin_password, lambda home: keys.token(home, "jwt")):
        assert make(first) == make(first)
        assert make(first) != make(second)


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    keys.fernet_key(tmp_path)
    keys.passwords_file(tmp_path)
    keys.token(tmp_path, "jwt_secret")
    files = list((tmp_path / "secrets").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}


def test_they_are_what_airflow_expects(tmp_path: Path) -> None:
    Fernet(keys.fernet_key(tmp_path))
    users = json.loads(keys.passwords_file(tmp_path).read_text())
    assert users == {"admin": keys.admin_password(tmp_path)}

"""Every form of an address that people and Airflow write becomes libpq's, or one clear line."""

import json

import pytest

from penstock.errors import BadSetting
from penstock.settings import settings
from penstock.settings.postgres_url import libpq

AIRFLOW = {
    "conn_type": "postgres",
    "login": "a b",
    "password": "p@/",
    "host": "db",
    "port": 5433,
    "schema": "wh",
    "extra": {"sslmode": "require", "cursor": "dictcursor"},
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres://u:p@h:5/db", "postgresql://u:p@h:5/db"),
        ("postgresql+psycopg2://u:p%40@h/db", "postgresql://u:p%40@h/db"),
        ("postgresql://h1:1,h2:2/db", "postgresql://h1:1,h2:2/db"),
        ("postgresql:///db?host=/run/pg", "postgresql:///db?host=/run/pg"),
        ("postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db"),
        (json.dumps(AIRFLOW), "postgresql://a%20b:p%40%2F@db:5433/wh?sslmode=require"),
        (
            json.dumps(AIRFLOW | {"extra": '{"connect_timeout": 3}', "password": None}),
            "postgresql://a%20b@db:5433/wh?connect_timeout=3",
        ),
    ],
)
def test_what_is_an_address(given: str, expected: str) -> None:
    assert libpq(given) == expected


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("mysql://u:secret@h/db", "expected postgresql://.*, found mysql://$"),
        ("sqlite:secret.db", "expected postgresql://.*, found sqlite:$"),
        ("host=h password=secret", "found no scheme$"),
        ("postgresql://u:sec/ret@h/db", "special characters"),
        ("postgresql://u:sec@ret@h/db", "special characters"),
        ("postgresql://u:sec#ret@h/db", "special characters"),
        ("postgresql://u:secret@h:port/db", "special characters"),
        ("postgresql://u:secret@h/db?nonsense=1", "special characters"),
        ('{"conn_type": "mysql", "password": "secret"}', "conn_type postgres, found 'mysql'"),
        ('{"password": "secret"', "as Airflow writes it in JSON"),
        ('{"conn_type": "postgres", "extra": "secret"}', "as Airflow writes it in JSON"),
    ],
)
def test_what_is_none_is_told_without_its_password(
    given: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PENSTOCK_WAREHOUSE_URL", "AIRFLOW_CONN_WAREHOUSE"):
        with monkeypatch.context() as patch:
            patch.delenv("PENSTOCK_WAREHOUSE_URL", raising=False)
            patch.setenv(name, given)
            settings.cache_clear()
            with pytest.raises(BadSetting, match=told) as caught:
                settings()
        settings.cache_clear()
        assert str(caught.value).startswith(f"{name}: expected")
        assert "sec" not in str(caught.value)
        assert "\n" not in str(caught.value)

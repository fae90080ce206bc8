"""The API needs no more than its own login, which can write nothing."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from penstock.api.app import create_app
from penstock.settings import settings
from penstock.warehouse import embedded, logins
from tests.integration.api.conftest import MakeKey, bearer
from tests.pipeline import configure, events


@pytest.fixture
def api(
    cluster: Path, home: Path, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """A client of the app beside an Airflow, as the containers run it."""
    database = urlsplit(settings().warehouse_url or "").path.strip("/")
    url = embedded.url(cluster, database, logins.API)
    configure(monkeypatch, warehouse_url=url, api_loads="airflow", api_workers=1)
    headers = bearer(make_key())
    with TestClient(create_app(), headers=headers, raise_server_exceptions=False) as client:
        yield client


def test_files_land_and_wait_for_airflow(api: TestClient) -> None:
    upload = api.post("/uploads/events?filename=a.txt", content=events(3))
    assert upload.status_code == 202
    asked = api.post("/loads/events")
    assert (asked.status_code, asked.json()["state"]) == (202, "left to Airflow")
    assert api.post("/data").status_code == 202
    assert api.get(upload.headers["location"]).json()["state"] == "landed"
    assert (settings().home / "landing" / "events" / "a.txt").is_file()


@pytest.mark.parametrize("path", ["/files", "/people", "/votes/distribution", "/metrics"])
def test_what_is_there_is_read(api: TestClient, path: str) -> None:
    assert api.get(path).status_code == 200
    assert api.get("/health/ready").status_code == 200

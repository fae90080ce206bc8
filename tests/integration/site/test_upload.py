"""The page of uploads: datasets by name, several files, what was refused, limits, who may."""

import re

import pytest
from starlette.testclient import TestClient

from penstock.marts import build
from tests.integration.site.conftest import LogIn, token
from tests.pipeline import configure, events, ingest

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _loads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, api_loads="airflow")


def upload(site: TestClient, dataset: str, name: str, data: bytes) -> str:
    address = f"/ui/upload/{dataset}?filename={name}"
    return site.post(address, content=data, headers=token(site) | HTMX).text


def test_the_dataset_is_guessed_where_one_takes_the_file(site: TestClient) -> None:
    chosen = {"name": ["a.txt", "b.csv", "c.xyz"], "size": ["1", "2", "3"]}
    rows = site.post("/ui/uploads/rows", data=chosen, headers=token(site)).text
    first, second, third = rows.split("</li>")[:3]
    assert 'data-dataset="events"' in first
    assert "<option>products</option>" in second and "data-send" in second
    assert "no dataset takes files of this name" in third


def test_a_larger_file_is_refused_before_it_is_sent(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, max_file_bytes=100)
    chosen = {"name": "a.txt", "size": "101"}
    rows = site.post("/ui/uploads/rows", data=chosen, headers=token(site)).text
    assert "larger than 100 bytes" in rows and "data-dataset" not in rows
    assert "the file is larger than 100 bytes" in upload(site, "events", "a.txt", b"x" * 101)


def test_files_are_followed_into_the_mart_and_refused_records_are_told(site: TestClient) -> None:
    landed = [
        upload(site, "events", "good.txt", events(3)),
        upload(site, "events", "bad.txt", events(2, 1, "b")),
    ]
    polled = [re.search(r'hx-get="([^"]+)"', each) for each in landed]
    assert all("waits to be loaded" in each for each in landed)
    ingest("events")
    build.build("events")
    good, bad = (site.get(each[1]).text for each in polled if each)
    assert "3 rows of events are good" in good and "refused" not in good
    assert "hx-get" not in good + bad  # it is over
    assert "1 record was refused" in bad and "expected 3 fields separated by" in bad
    assert re.search(r'href="/ui/quarantine\?file=\d+"', bad)
    again = upload(site, "events", "good.txt", events(3))
    assert "The same content is there already" in again


def test_a_name_that_the_dataset_does_not_take_is_told(site: TestClient) -> None:
    assert "events takes files named *.txt" in upload(site, "events", "a.csv", b"x")
    assert "nothing" in upload(site, "nothing", "a.csv", b"x")


def test_who_may_only_look_cannot_upload(log_in: LogIn) -> None:
    viewer = log_in("read")
    assert viewer.get("/ui/upload").status_code == 403
    refused = viewer.post("/ui/upload/events?filename=a.txt", content=b"x", headers=token(viewer))
    assert refused.status_code == 403


def test_another_site_cannot_upload(site: TestClient) -> None:
    assert site.post("/ui/upload/events?filename=a.txt", content=b"x").status_code == 403

"""Mend here: refused records are corrected in a form, checked, and land as a file of their own."""

import html
import re

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.marts import build
from tests.integration.site.conftest import LogIn, token
from tests.pipeline import ask, configure, ingest, land

GOOD = "2024-01-01T00:00:00Z a@b.example s"
CATALOGUE = (
    'name,sku,description\na,sku-1,x\nb,,"two\nlines"\nc,sku-3,x,surplus\n'
    "d,sku-4,x\ne,sku-5,x\nf,sku-6,x\n"
)


@pytest.fixture(autouse=True)
def _loads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, api_loads="airflow")


def loaded(warehouse: psycopg.Connection, dataset: str, path: str, data: bytes) -> int:
    land(dataset, path, data)
    ingest(dataset)
    [(file_id,)] = ask(warehouse, "SELECT max(file_id) FROM ingest.file")
    return int(file_id)


def send(site: TestClient, file_id: int, records: dict[int, str], use: list[int]) -> str:
    """Send the form; as a browser does, with CRLF at line ends."""
    texts = [text.replace("\n", "\r\n") for text in records.values()]
    data = {"line": [*records], "text": texts, "use": use, "why": "typing error"}
    headers = token(site) | {"HX-Request": "true"}
    answer = site.post(f"/ui/files/{file_id}/mend/records", data=data, headers=headers)
    return html.unescape(answer.text)


def test_refused_records_are_corrected_into_the_mart(
    site: TestClient, warehouse: psycopg.Connection
) -> None:
    file_id = loaded(warehouse, "products", "c.csv", CATALOGUE.encode())
    page = site.get(f"/ui/files/{file_id}/mend").text
    texts = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert [html.unescape(text) for text in texts] == ['b,,"two\nlines"', "c,sku-3,x,surplus"]
    assert "sku: is empty" in page and "expected 3 fields, found 4" in page

    edited = {3: 'b,sku-2,"two\nlines"', 5: "c,,x"}
    refused = send(site, file_id, edited, [3, 5])
    assert "1 of 2 records would be refused again. Nothing has landed." in refused
    assert 'b,sku-2,"two\nlines"</textarea>' in refused  # no edit is lost
    assert "Still refused:" in refused.split("Line 5")[1]
    assert "Still refused:" not in refused.split("Line 5")[0]

    landed = send(site, file_id, edited | {5: "c,sku-3,x"}, [3, 5])
    assert "which mends" in landed
    ingest("products")
    build.build("products")
    follow = re.search(r'hx-get="([^"]+)"', landed)
    assert follow and "In the mart." in site.get(follow[1]).text
    rows = "SELECT sku, description FROM marts.products ORDER BY sku LIMIT 3"
    assert ask(warehouse, rows) == [("sku-1", "x"), ("sku-2", "two\nlines"), ("sku-3", "x")]
    action = "SELECT kind, file_id, why, result_file_id > file_id FROM ingest.action"
    assert ask(warehouse, action) == [("mend", file_id, "typing error", True)]


def test_records_can_be_left_out(site: TestClient, warehouse: psycopg.Connection) -> None:
    file_id = loaded(warehouse, "events", "a.txt", b"null\nnothing\n")
    assert "No record is chosen" in send(site, file_id, {1: GOOD, 2: "nothing"}, [])
    assert "which mends" in send(site, file_id, {1: GOOD, 2: "nothing"}, [1])


def test_what_a_form_cannot_carry_is_never_changed_unseen(
    site: TestClient, warehouse: psycopg.Connection
) -> None:
    records = (b"a\x1bb", b"c\xff d", b"x" * 6000, b"plain")
    file_id = loaded(warehouse, "events", "a.txt", b"\n".join(records))
    page = site.get(f"/ui/files/{file_id}/mend").text
    assert "it holds characters that a form does not keep" in page
    assert "it has 6,000 characters" in page
    assert "The whole file was rejected" in page
    assert page.count("<textarea") == 2
    escaped = send(site, file_id, {2: GOOD + "\\xff"}, [2])
    assert "\\xff stands for a byte that is not text" in escaped
    assert "Nothing has landed" in send(site, file_id, {1: GOOD}, [1])
    assert "holds a line end: expected one line" in send(site, file_id, {4: f"{GOOD}\nx"}, [4])


def test_a_corrected_file_is_checked_before_it_lands(
    site: TestClient, warehouse: psycopg.Connection
) -> None:
    file_id = loaded(warehouse, "products", "c.csv", CATALOGUE.encode())

    def sent(data: str) -> str:
        files = {"file": ("corrected.csv", data.encode())}
        headers = token(site) | {"HX-Request": "true"}
        return site.post(f"/ui/files/{file_id}/mend", files=files, headers=headers).text

    refused = sent("name,sku,description\nb,,x\n")
    assert "nothing has landed" in refused and "sku: is empty (1)" in refused
    assert "nothing has landed" in sent("what\n1\n")
    assert "which mends" in sent("name,sku,description\nb,sku-2,x\n")
    landed = "SELECT count(*) FROM ingest.action WHERE kind = 'mend'"
    assert ask(warehouse, landed) == [(1,)]


def test_who_may_only_look_cannot_mend(log_in: LogIn, warehouse: psycopg.Connection) -> None:
    viewer = log_in("read")
    file_id = loaded(warehouse, "events", "a.txt", b"null\n")
    assert viewer.get(f"/ui/files/{file_id}/mend").status_code == 403
    data = {"line": 1, "text": GOOD, "use": 1}
    address = f"/ui/files/{file_id}/mend/records"
    assert viewer.post(address, data=data, headers=token(viewer)).status_code == 403


def test_another_site_cannot_mend(site: TestClient) -> None:
    data = {"line": 1, "text": GOOD, "use": 1}
    assert site.post("/ui/files/1/mend/records", data=data).status_code == 403

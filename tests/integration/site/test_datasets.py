"""The page that each dataset has by itself."""

import csv
import io
import re

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock import datasets
from penstock.marts import build
from tests.integration.site.conftest import partial
from tests.pipeline import events, ingest, land, products


def test_every_dataset_has_a_page_with_its_rows(full_site: TestClient) -> None:
    listed = full_site.get("/ui/datasets").text
    for name in datasets.all_datasets():
        assert f'href="/ui/datasets/{name}"' in listed
        page = full_site.get(f"/ui/datasets/{name}")
        assert page.status_code == 200, name
        assert "<h2>Columns</h2>" in page.text, name


def test_the_contract_and_the_rows_are_shown(full_site: TestClient, built) -> None:
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        (count,) = warehouse.execute("SELECT count(*) FROM marts.events").fetchone()
    page = full_site.get("/ui/datasets/events").text
    assert f"<strong>{count:,} rows</strong>" in page
    assert "timestamp with time zone" in page
    assert "When the event happened." in page
    assert "Rows by event_time" in page


def test_a_value_filters_page_and_file(full_site: TestClient) -> None:
    asked = {"column": "filename", "value": "accounts-2024-05-03-crlf.txt"}
    page = full_site.get("/ui/datasets/events", params=asked).text
    shown = page[page.index("<h2>Rows</h2>") :]
    assert "accounts-2024-05-01.txt" not in shown
    found = full_site.get("/ui/datasets/events/rows.csv", params=asked).text
    assert len(list(csv.DictReader(io.StringIO(found)))) == 118


def test_a_filter_answers_with_the_rows_alone(full_site: TestClient) -> None:
    asked = {"column": "filename", "value": "accounts-2024-05-03-crlf.txt"}
    part = full_site.get("/ui/datasets/events", params=asked, headers=partial("results")).text
    assert "accounts-2024-05-03-crlf.txt" in part
    assert "<h2>Columns</h2>" not in part


def test_pages_hold_every_row_once(full_site: TestClient) -> None:
    seen: list[str] = []
    for number in range(1, 4):
        asked = {"column": "filename", "value": "accounts-2024-05-03-crlf.txt", "page": number}
        page = full_site.get("/ui/datasets/events", params=asked).text
        seen += re.findall(r"<td>(\w{8}-\w{4}-\w{4}-\w{4}-\w{12})</td>", page)
    assert len(seen) == len(set(seen)) == 118


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"column": "nope", "value": "1"}, "expected one of filename"),
        ({"column": "file_id; DROP TABLE marts.events", "value": "1"}, "expected one of filename"),
        ({"column": "file_id", "value": "many"}, "value out of range for the column"),
        ({"mart": "products"}, "expected one of events"),
        ({"page": 21}, "less than or equal to 20"),
    ],
)
def test_what_cannot_be_asked_is_told(full_site: TestClient, asked, told: str) -> None:
    answer = full_site.get("/ui/datasets/events", params=asked)
    assert answer.status_code == 422
    assert told in answer.text


def test_an_unknown_dataset_is_told(full_site: TestClient) -> None:
    answer = full_site.get("/ui/datasets/nope")
    assert answer.status_code == 404
    assert "No such dataset" in answer.text


def test_a_large_mart_is_estimated_from_a_sample(
    site: TestClient, warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.site.catalog._SMALL", 100)
    land("events", "a.txt", events(20_000))
    ingest("events")
    build.build("events")
    warehouse.execute("ANALYZE marts.events")
    page = site.get("/ui/datasets/events").text
    assert "about <strong>20,000 rows</strong>" in page
    assert "Rows by event_time, of a sample" in page
    assert "expected one of" in site.get("/ui/datasets/events?column=email&value=a").text


def test_what_stands_in_rows_is_shown_as_text(site: TestClient) -> None:
    land("products", "a.csv", b'name,sku,description\n"<b>x",s-1,"\x1b[31m"\n')
    ingest("products")
    build.build("products")
    page = site.get("/ui/datasets/products?mart=products").text
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page
    assert "\\x1b[31m" in page


def test_before_the_first_file_the_page_says_what_to_do(site: TestClient) -> None:
    page = site.get("/ui/datasets/events").text
    assert 'href="/ui/upload?dataset=events"' in page
    assert site.get("/ui/datasets/events/rows.csv").status_code == 404


def test_rows_without_a_time_are_shown_without_a_chart(site: TestClient) -> None:
    land("products", "a.csv", products(3))
    ingest("products")
    build.build("products")
    page = site.get("/ui/datasets/products?mart=product_aggregates").text
    assert "Rows by" not in page
    assert page.count("<tr>") > 3

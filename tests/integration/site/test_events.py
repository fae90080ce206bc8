"""The page of events answers what SQL does, and shows what stands in files as text."""

import csv
import io
import re

import psycopg
from starlette.testclient import TestClient

from penstock.marts import build
from tests.integration.site.conftest import partial
from tests.pipeline import ingest, land

DAY = {"from": "2024-05-02T00:00", "to": "2024-05-02T23:59:59"}


def test_the_sentence_counts_what_the_mart_holds(full_site: TestClient, built) -> None:
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        (events,) = warehouse.execute("SELECT count(*) FROM marts.events").fetchone()
        (of_day,) = warehouse.execute(
            "SELECT count(*) FROM marts.events WHERE event_time >= %s AND event_time <= %s",
            ["2024-05-02T00:00:00Z", "2024-05-02T23:59:59Z"],
        ).fetchone()
    assert f"<strong>{events:,} events</strong>" in full_site.get("/ui/events").text
    page = full_site.get("/ui/events", params=DAY).text
    assert f"<strong>{of_day:,} events</strong>" in page
    assert f"<strong>{events:,}</strong> in all" in page


def test_the_events_of_a_file_come_page_by_page(full_site: TestClient) -> None:
    address, seen = "/ui/events?file=sample1.txt", []
    while address:
        page = full_site.get(address).text
        seen += re.findall(r"<td>(?:<[^>]*>)?(\d{4}-[\d:TZ-]+)", page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found and found[1].replace("&amp;", "&")
    assert len(seen) == 1000
    assert seen == sorted(seen)


def test_the_file_holds_what_the_page_shows(full_site: TestClient) -> None:
    answer = full_site.get("/ui/events.csv", params={"file": "accounts-2024-05-01.txt"} | DAY)
    assert list(csv.DictReader(io.StringIO(answer.text))) == []
    answer = full_site.get("/ui/events.csv", params={"file": "accounts-2024-05-01.txt"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 398
    assert [*rows[0]] == ["event_time", "email", "session_id", "file_id", "row"]


def test_a_change_of_the_filters_asks_for_the_results_alone(full_site: TestClient) -> None:
    part = full_site.get("/ui/events", params=DAY, headers=partial("results")).text
    assert "Events in each" in part
    assert "<html" not in part


def test_fields_that_are_left_empty_filter_nothing(full_site: TestClient) -> None:
    asked = {"file": "", "from": "", "to": ""}
    assert full_site.get("/ui/events", params=asked).text.count("<strong>") > 0


def test_a_range_that_ends_before_it_begins_is_told(full_site: TestClient) -> None:
    answer = full_site.get("/ui/events", params={"from": DAY["to"], "to": DAY["from"]})
    assert answer.status_code == 422
    assert "not after `to`" in answer.text


def test_an_unknown_file_is_told(full_site: TestClient) -> None:
    page = full_site.get("/ui/events", params={"file": "<script>alert(1)</script>"}).text
    assert "No events of a file named" in page
    assert "<script>alert" not in page


def test_what_stands_in_a_file_is_shown_as_text(site: TestClient) -> None:
    hostile = "<img/src=x>@example.com"
    land("events", "a&b.txt", f"2024-01-01T00:00:00Z {hostile} \u202e=1+1\n".encode())
    ingest("events")
    build.build("events")
    page = site.get("/ui/events", params={"file": "a&b.txt"}).text
    assert "<img/" not in page
    assert "\u202e" not in page
    assert "&lt;img/src=x&gt;@example.com" in page
    assert "\\u202e=1+1" in page


def test_without_events_the_page_says_what_to_do(site: TestClient) -> None:
    page = site.get("/ui/events").text
    assert "No events yet." in page
    assert 'href="/ui/upload?dataset=events"' in page

"""The first page tells how each dataset is, and what to do."""

import dataclasses
import os
import re
from datetime import timedelta

import psycopg
from starlette.testclient import TestClient

from penstock import datasets, ledger
from penstock.settings import settings
from tests.conftest import Declare
from tests.integration.site.conftest import LogIn, partial
from tests.pipeline import events, ingest, land

HOSTILE = "<script>alert(1)<\u202escript>\x1b[31m.txt"


def text(answer: object) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_an_empty_warehouse_says_how_to_drop_a_first_file(site: TestClient) -> None:
    page = site.get("/ui/")
    assert page.status_code == 200
    assert "No file has arrived yet" in page.text
    assert "landing/events/" in page.text
    assert 'href="/ui/upload"' in page.text


def test_who_may_not_upload_is_not_sent_there(log_in: LogIn) -> None:
    assert 'href="/ui/upload"' not in log_in("read").get("/ui/").text


def test_each_dataset_has_a_card(full_site: TestClient) -> None:
    page = text(full_site.get("/ui/"))
    assert "events fine" in page
    assert "Refused 6 records" in page
    assert re.search(r"Last load \S+ ?: [\d,]+ records in [\d.]+ s, [\d,]+ a second", page)
    assert "people_images · rejected" in page  # a sample that is empty
    assert "Expected every 7 d: on time" in page


def test_the_days_of_a_strip_are_told_and_lead_to_their_files(full_site: TestClient) -> None:
    page = full_site.get("/ui/").text
    found = re.search(r'<a href="([^"]+)" class="part"[^>]+aria-label="([^"]+)"', page)
    assert found
    assert re.match(r"\d{4}-\d\d-\d\d: [\d,]+ files?, [\d,]+ rows?", found[2])
    day = full_site.get(found[1].replace("&amp;", "&"))
    assert "/ui/files/" in day.text


def test_a_rejected_file_says_what_happened_and_what_to_do(site: TestClient) -> None:
    land("events", HOSTILE, events(1, 9))
    ingest("events")
    answer = site.get("/ui/")
    page = text(answer)
    assert "1 thing needs attention" in page
    assert "9 of 10 records are bad, more than 50%" in page
    assert "What to do: deliver a corrected file" in page
    assert "Open the file &lt;script&gt;alert(1)&lt;\\u202escript&gt;\\x1b[31m.txt" in page
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text


def test_what_is_not_taken_and_needs_a_person_is_told(site: TestClient) -> None:
    place = settings().home / "landing" / "events" / "table.xls"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"x")
    empty = text(site.get("/ui/"))
    land("events", "a.txt", events(1))
    ingest("events")
    for page in (empty, text(site.get("/ui/"))):
        assert "1 file is not taken, and a person must act" in page
        assert "events/table.xls: events takes files named" in page


def test_a_late_dataset_says_so(
    site: TestClient, warehouse: psycopg.Connection, declare: Declare
) -> None:
    declare(dataclasses.replace(datasets.get("events"), expected_every=timedelta(hours=1)))
    land("events", "a.txt", events(3))
    ingest("events")
    warehouse.execute("UPDATE ingest.file SET registered_at = now() - interval '3 hours'")
    page = text(site.get("/ui/"))
    assert "no file arrived for 3 hours; one is expected every 1 hour" in page
    assert "What to do: ask who delivers to landing/events" in page
    assert "events late" in page


def test_an_incident_and_a_file_that_waits_are_told(
    site: TestClient, warehouse: psycopg.Connection
) -> None:
    land("events", "a.txt", events(3))
    ingest("events")
    warehouse.execute("UPDATE ingest.file SET state = 'claimed', waits_for = 'the disk is full'")
    with warehouse.transaction():
        ledger.report_incident(warehouse, "votes", "mirror", "the folder is <gone>; mount it")
    answer = site.get("/ui/")
    page = text(answer)
    assert "2 things need attention" in page
    assert "a.txt: the disk is full" in page
    assert "tried again by itself" in page
    assert "the folder is &lt;gone&gt;; mount it" in page
    assert 'href="/ui/files?dataset=votes"' in answer.text


def test_progress_is_polled_alone_until_files_change(
    site: TestClient, warehouse: psycopg.Connection
) -> None:
    whole = site.get("/ui/")
    poll = re.search(r'id="running" hx-get="([^"]+)"', whole.text)
    assert poll
    same = site.get(poll[1], headers=partial("running"))
    assert "HX-Trigger" not in same.headers
    assert "<html" not in same.text
    land("events", "a.txt", events(3))
    ingest("events")
    changed = site.get(poll[1], headers=partial("running"))
    assert changed.headers["HX-Trigger"] == "files-changed"
    warehouse.execute("UPDATE ingest.file SET state = 'loading'")
    assert "1 file is on the way" in site.get(poll[1], headers=partial("running")).text


def test_whoever_is_not_logged_in_sees_nothing(site: TestClient) -> None:
    site.cookies.clear()
    answer = site.get("/ui/", follow_redirects=False)
    assert (answer.status_code, answer.text) == (303, "")
    assert "PENSTOCK_API_OPEN" not in os.environ

"""The page of a file tells what happened to it, and lets who may act on it."""

import re
import time
from pathlib import Path

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from penstock.api.auth import Caller, Host
from penstock.api.keys import Scope
from penstock.marts import build
from penstock.server.app import create_app
from tests.integration.site.conftest import LogIn, partial, token
from tests.pipeline import configure, events, ingest, land, products

PATIENCE = 300  # seconds, on a busy machine
HOSTILE = b"<script>alert(1)</script> \x1b[31m\xe2\x80\xae =cmd|calc more\n"


def text(answer: object) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def load(dataset: str, path: str, data: bytes) -> None:
    """Take a file to the marts."""
    land(dataset, path, data)
    ingest(dataset)
    build.build(dataset)


def test_a_loaded_file_is_told_in_full(full_site: TestClient) -> None:
    found = re.search(
        r'href="/ui/files/(\d+)">catalogue-2024-05-01.csv', full_site.get("/ui/files").text
    )
    assert found
    answer = full_site.get(f"/ui/files/{found[1]}")
    page = text(answer)
    assert "8 rows are loaded into marts.products; 4 records were refused" in page
    assert re.search(r"registered .* claimed .* first block loaded .* sealed .* built", page)
    assert "sku is blank expect_column_values_to_match_regex" in page.replace("_ ", "_")
    assert "line 12: Lena Voss, ,A sku of blanks." in page
    assert "1 of 1 block loaded, 12 records" in page
    assert "marts.product_history" in page
    assert 'href="/ui/products"' in answer.text
    assert f'href="/ui/quarantine?file={found[1]}"' in answer.text
    assert "Nobody did anything to this file" in page
    assert "In Airflow" not in page  # which is not around this app


def test_the_bar_tells_how_long_each_step_took(full_site: TestClient) -> None:
    page = full_site.get("/ui/files/1").text
    assert re.search(r"<title>until built: [\d.]+ m?s</title>", page)


def test_no_such_file(full_site: TestClient) -> None:
    answer = full_site.get("/ui/files/999999")
    assert answer.status_code == 404
    assert "No such file 999999" in answer.text


def test_a_viewer_sees_no_buttons_and_may_not_act(viewer: TestClient) -> None:
    page = viewer.get("/ui/files/1").text
    assert "data-dialog" not in page
    assert "/download" not in page
    assert viewer.get("/ui/files/1/download").status_code == 403
    form = {"kind": "retract", "why": "because"}
    assert viewer.post("/ui/files/1/actions", data=form, headers=token(viewer)).status_code == 403


def test_an_action_without_the_token_of_a_page_is_refused(site: TestClient) -> None:
    load("events", "a.txt", events(3))
    answer = site.post("/ui/files/1/actions", data={"kind": "retract", "why": "because"})
    assert answer.status_code == 403
    assert "Nobody did anything" in site.get("/ui/files/1").text


def test_hostile_records_are_shown_as_text(site: TestClient) -> None:
    load("events", "a.txt", events(20) + HOSTILE)
    page = site.get("/ui/files/1").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\x1b[31m\\u202e =cmd|calc more" in page
    for raw in ("<script>alert", "\x1b", "\u202e"):
        assert raw not in page


def test_the_refused_records_are_downloaded_as_csv(site: TestClient) -> None:
    load("events", "a.txt", events(20) + b"=1+1 x\n")
    answer = site.get("/ui/files/1/refused.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.txt.refused.csv"'
    assert ",'=1+1 x" in answer.text
    assert ",=1+1 x" in site.get("/ui/files/1/refused.csv?raw=true").text


def test_a_file_is_downloaded_as_it_came(site: TestClient) -> None:
    data = events(20)
    load("events", 'in/né "w"\r.txt', data)
    answer = site.get("/ui/files/1/download")
    assert answer.content == data
    assert answer.headers["content-length"] == str(len(data))
    assert answer.headers["content-disposition"].startswith('attachment; filename="n___w__.txt"')
    assert "\r" not in answer.headers["content-disposition"]


@pytest.mark.parametrize("place", ["/etc/passwd", "{archive}/../secrets", "{archive}/link"])
def test_no_download_leaves_the_folders_of_the_home(
    site: TestClient, warehouse: psycopg.Connection, home: Path, place: str
) -> None:
    load("events", "a.txt", events(3))
    (home / "secrets").mkdir(exist_ok=True)
    (home / "archive" / "link").symlink_to("/etc/passwd")
    location = place.format(archive=home / "archive")
    warehouse.execute("UPDATE ingest.file SET location = %s", [location])
    answer = site.get("/ui/files/1/download")
    assert answer.status_code == 404
    assert "not kept any more" in answer.text


def test_a_file_on_its_way_shows_its_progress(
    site: TestClient, warehouse: psycopg.Connection
) -> None:
    load("events", "a.txt", events(3))
    warehouse.execute("UPDATE ingest.file SET state = 'loading', built_at = NULL")
    assert "Its blocks are being loaded" in site.get("/ui/files/1").text
    moving = site.get("/ui/files/1", headers=partial("progress"))
    assert "1 of 1 block" in text(moving)
    assert "HX-Refresh" not in moving.headers
    warehouse.execute("UPDATE ingest.file SET state = 'sealed', built_at = now()")
    done = site.get("/ui/files/1", headers=partial("progress"))
    assert done.headers["HX-Refresh"] == "true"


def test_blocks_are_paged(site: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, block_bytes=1000)
    load("products", "a.csv", products(2000))
    page = site.get("/ui/files/1").text
    following = re.search(r'hx-get="(/ui/files/1\?after=49)"', page)
    assert following
    more = site.get(following[1], headers=partial("blocks")).text
    assert '<th scope="row" class="number">50</th>' in more
    assert "<html" not in more


def test_a_reason_is_needed(site: TestClient) -> None:
    load("events", "a.txt", events(3))
    headers = token(site) | partial("progress")
    answer = site.post("/ui/files/1/actions", data={"kind": "retract", "why": " "}, headers=headers)
    assert answer.status_code == 409
    assert "expected a reason" in answer.text
    assert answer.headers["HX-Retarget"] == "#message"


def test_what_is_not_possible_says_why(site: TestClient) -> None:
    load("events", "a.txt", events(3))
    assert "file 1 is sealed: retract it instead" in site.get("/ui/files/1").text
    form = {"kind": "reject", "why": "no"}
    answer = site.post("/ui/files/1/actions", data=form, headers=token(site) | partial("progress"))
    assert answer.status_code == 409
    assert "retract it instead" in answer.text


def test_in_airflow_the_run_and_its_task_logs_are_linked(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, api_workers=1)

    async def identify(_: object) -> Caller:
        return Caller("ann", frozenset(Scope))

    airflow = FastAPI()
    airflow.mount("/penstock", create_app(Host(identify, lambda wanted: wanted)))
    load("events", "a.txt", events(3))
    warehouse.execute("UPDATE ingest.file SET dag_run_id = 'manual__2026-01-01T00:00:00+00:00'")
    page = TestClient(airflow).get("/penstock/ui/files/1").text
    run = "/dags/ingest_events/runs/manual__2026-01-01T00%3A00%3A00%2B00%3A00"
    assert f'<a href="{run}" data-airflow>run</a>' in page
    assert f'<a href="{run}/tasks/seal" data-airflow>log of seal</a>' in page
    assert 'hx-post="/penstock/ui/files/1/actions"' in page


def test_retract_and_replay_to_the_end(site: TestClient, warehouse: psycopg.Connection) -> None:
    load("events", "a.txt", events(3))
    assert _follow(site, _act(site, 1, "retract", "sent <b>twice</b>")) is None
    page = site.get("/ui/files/1").text
    assert "retracted by tester: sent &lt;b&gt;twice&lt;/b&gt;" in page
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (0,)
    assert _follow(site, _act(site, 1, "replay", "")) == "/ui/files/2"
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (3,)
    old, new = text(site.get("/ui/files/1")), text(site.get("/ui/files/2"))
    assert re.search(r"tester replay - done \S+ : file 2", old)
    assert "3 rows are loaded into marts.events" in new
    assert "replay of file 1" in new


def test_who_may_operate_needs_no_other_permission(log_in: LogIn) -> None:
    client = log_in("read", "operate")
    load("events", "a.txt", events(3))
    page = client.get("/ui/files/1").text
    assert 'data-dialog="replay"' in page
    assert 'data-dialog="retract"' in page
    assert 'data-dialog="reject"' not in page


def _act(client: TestClient, file_id: int, kind: str, why: str) -> str:
    """Ask for an action; return where its progress is asked for."""
    headers = token(client) | partial("progress")
    form = {"kind": kind, "why": why}
    answer = client.post(f"/ui/files/{file_id}/actions", data=form, headers=headers)
    assert answer.status_code == 200, answer.text
    poll = re.search(r'hx-get="([^"]+)"', answer.text)
    assert poll, answer.text
    assert f"{kind.capitalize()} asked by tester" in answer.text
    return poll[1]


def _follow(client: TestClient, poll: str) -> str | None:
    """Ask for progress until it is complete, as the page does; return where it then leads."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = client.get(poll, headers=partial("progress"))
        if "HX-Redirect" in answer.headers:
            _follow(client, answer.headers["HX-Redirect"])
            return answer.headers["HX-Redirect"]
        if "HX-Refresh" in answer.headers:
            return None
        time.sleep(0.2)
    raise AssertionError("the action is not done")


def test_the_rows_of_a_large_file_are_counted_after_the_page(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.site.pages.file._COUNTED_AT_ONCE", 2)
    land("events", "a.txt", events(3))
    ingest("events")
    build.build("events")
    assert "<b>…</b> rows in the mart" in site.get("/ui/files/1").text
    part = site.get("/ui/files/1", headers=partial("in-the-mart")).text
    assert part.strip() == "<li><b>3</b> rows in the mart</li>"
    assert site.get("/ui/files/99", headers=partial("in-the-mart")).status_code == 404

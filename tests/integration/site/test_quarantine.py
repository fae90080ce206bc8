"""The page of refused records: groups, marks, filters, pages, downloads, replay of a rule."""

import html
import re

import psycopg
from starlette.testclient import TestClient

from tests.integration.site.conftest import LogIn, partial, token
from tests.pipeline import ask, events, ingest, land

RULE = "event_time: expected a day of the calendar"


def text_of(answer: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer)))


def test_reasons_are_grouped_and_the_faulty_field_is_marked(full_site: TestClient) -> None:
    page = full_site.get("/ui/quarantine").text
    told = text_of(page)
    assert "expected 3 fields separated by ' ' events 2 2" in told
    assert "found 1" in told  # beside the record, not in the groups
    assert "<mark>2024-02-30T10:00:00Z</mark> leap@example.org" in page  # a line
    assert "<mark>SHARE_ARTICLE</mark>" in page  # CSV
    assert "candidate&#34;:<mark>&#34;9&#34;</mark>" in page  # JSON
    assert "] &#34;GET / HTTP/1.0&#34; <mark>OK</mark> 812" in page  # a pattern
    assert "mona.ives\\xff@example.net" in page


def test_the_address_holds_the_filters(full_site: TestClient) -> None:
    one = full_site.get("/ui/quarantine", params={"dataset": "events", "reason": RULE})
    told = text_of(one.text)
    assert "1 record was refused in 1 file by the rule " + RULE in told
    assert "leap@example.org" in told and "nobody@example.com" not in told
    part = full_site.get("/ui/quarantine?dataset=votes", headers=partial("results")).text
    assert "<h1>" not in part and "kiosks-late.csv" in part and "accounts-" not in part
    none = full_site.get("/ui/quarantine?dataset=votes&reason=nothing").text
    assert "No refused record fits these filters." in none


def test_an_empty_quarantine_says_so(site: TestClient) -> None:
    assert "No record was ever refused." in site.get("/ui/quarantine").text


def test_pages_follow_each_other_without_gaps(site: TestClient) -> None:
    for name in ("a", "b"):
        land("events", f"{name}.txt", events(1, 60, name))
    ingest("events")
    seen: list[str] = []
    address = "/ui/quarantine?dataset=events"
    while address:
        page = site.get(address).text
        seen += re.findall(r"<code>(null [ab] \d+ surplus)</code>", page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(more[1]) if more else ""
    assert len(seen) == len(set(seen)) == 120


def test_hostile_records_are_shown_as_text(site: TestClient) -> None:
    hostile = '<script>alert(1)</script> \x1b[31m "><b onclick=x> \u202e =cmd|x'
    land("events", "hostile<b>.txt", hostile.encode() + b"\n2024-01-01T00:00:00Z a@b.example s\n")
    ingest("events")
    page = site.get("/ui/quarantine").text
    assert "<script>alert" not in page and "<b onclick" not in page and "<b>.txt" not in page
    assert "&lt;script&gt;alert(1)" in page and "\\x1b[31m" in page and "\\u202e" in page


def test_downloads(full_site: TestClient) -> None:
    filters = {"dataset": "events", "reason": RULE}
    table = full_site.get("/ui/quarantine.csv", params=filters)
    head, row = table.text.splitlines()
    assert head == "dataset,path,file_id,line,reasons,raw"
    assert row.startswith("events,accounts-2024-05-02-bom.txt,") and RULE[:10] in row
    plain = full_site.get("/ui/quarantine.txt", params=filters)
    assert plain.headers["content-type"].startswith("text/plain")
    assert "attachment" in plain.headers["content-disposition"]
    line = "2024-02-30T10:00:00Z leap@example.org 00000000-0000-4000-8000-000000000001\n"
    assert plain.text == line


def test_all_files_refused_by_a_rule_are_replayed(
    site: TestClient, warehouse: psycopg.Connection
) -> None:
    land("events", "a.txt", events(2, 1))
    land("events", "b.txt", events(2))
    ingest("events")
    rule = {"dataset": "events", "reason": "expected 3 fields separated by ' '"}
    page = site.get("/ui/quarantine", params=rule).text
    assert 'hx-post="/ui/quarantine/replay"' in page
    asked = site.post("/ui/quarantine/replay", data=rule | {"why": "new"}, headers=token(site))
    assert "Asked to replay 1 file of events" in text_of(asked.text)
    ingest("events")
    versions = ask(warehouse, "SELECT path, count(*) FROM ingest.file GROUP BY 1 ORDER BY 1")
    assert versions == [("a.txt", 2), ("b.txt", 1)]
    assert ask(warehouse, "SELECT kind, why FROM ingest.action") == [("replay", "new")]
    other = site.post("/ui/quarantine/replay", data=rule | {"reason": "x"}, headers=token(site))
    assert other.status_code == 409 and "no file that counts" in other.text


def test_who_may_only_look_sees_no_action(log_in: LogIn) -> None:
    viewer = log_in("read")
    land("events", "a.txt", events(1, 1))
    ingest("events")
    rule = {"dataset": "events", "reason": "expected 3 fields separated by ' '"}
    page = viewer.get("/ui/quarantine", params=rule).text
    assert "Replay" not in page and "Mend" not in page
    refused = viewer.post("/ui/quarantine/replay", data=rule, headers=token(viewer))
    assert refused.status_code == 403


def test_another_site_cannot_replay(site: TestClient) -> None:
    rule = {"dataset": "events", "reason": "x"}
    assert site.post("/ui/quarantine/replay", data=rule).status_code == 403

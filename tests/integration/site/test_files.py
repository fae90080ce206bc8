"""The list of files: searched, filtered, sorted, page by page."""

import re

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.settings import settings
from tests.integration.site.conftest import partial
from tests.pipeline import events, ingest, land


def paths(client: TestClient, query: str = "") -> list[str]:
    """The files that a page lists, in its order."""
    answer = client.get(f"/ui/files{query}", headers=partial("results"))
    assert answer.status_code == 200, answer.text
    return re.findall(r'<a href="/ui/files/\d+">([^<]*)</a>', answer.text)


@pytest.fixture
def many(warehouse: psycopg.Connection) -> None:
    """120 files of two datasets, in the ledger alone."""
    warehouse.execute(
        """
        INSERT INTO ingest.file (dataset, path, version, size_bytes, state, registered_at, etag)
        SELECT CASE WHEN n % 2 = 0 THEN 'events' ELSE 'votes' END, format('in/File-%s.txt', n), 1,
               1000 - n % 7, CASE WHEN n % 10 = 0 THEN 'rejected' ELSE 'duplicate' END,
               '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 hour', n::text
        FROM generate_series(1, 120) AS n
        """
    )


def test_no_file_yet_says_what_to_do(site: TestClient) -> None:
    assert "No file has arrived yet" in site.get("/ui/files").text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?path=file-12", 2),  # 12 and 120, in any case
        ("?path=%25", 0),
        ("?dataset=events&state=rejected", 12),
        ("?since=2026-01-02&until=2026-01-02", 24),
        ("?path=no such file", 0),
    ],
)
def test_filters(site: TestClient, many: None, query: str, count: int) -> None:
    assert len(paths(site, query)) == count


@pytest.mark.parametrize("sort", ["arrival", "path", "size", "rows", "refused", "seconds"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_hold_each_file_once_in_order(
    site: TestClient, many: None, sort: str, order: str
) -> None:
    seen: list[str] = []
    address = f"/ui/files?sort={sort}&order={order}"
    while address:
        page = site.get(address).text
        seen += re.findall(r'<a href="/ui/files/\d+">([^<]*)</a>', page)
        following = re.search(r'<a href="([^"]+)"[^>]*>Next page', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120
    if sort == "path":
        assert seen == sorted(seen, reverse=order == "desc")
    if sort == "arrival":
        assert seen[0] == ("in/File-1.txt" if order == "asc" else "in/File-120.txt")


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=none",
        "?state=lost",
        "?dataset=nothing",
        "?since=2026-13-01",
        "?sort=colour",
        "?x=1",
    ],
)
def test_a_wrong_address_is_an_error_page(site: TestClient, query: str) -> None:
    answer = site.get(f"/ui/files{query}")
    assert answer.status_code == 422
    assert "This cannot be shown" in answer.text


def test_the_cursor_of_another_order_is_refused(site: TestClient, many: None) -> None:
    page = site.get("/ui/files").text
    cursor = re.search(r"cursor=([\w-]+)", page)
    assert cursor
    assert site.get(f"/ui/files?sort=path&cursor={cursor[1]}").status_code == 422


def test_names_are_shown_as_text(site: TestClient) -> None:
    land("events", "<img src=x>\u202e.txt", events(1))
    ingest("events")
    page = site.get("/ui/files?path=%3Cimg").text
    assert "&lt;img src=x&gt;\\u202e.txt" in page
    assert 'value="&lt;img"' in page
    assert "<img" not in page


def test_what_waits_in_the_landing_zone_is_listed_with_why(site: TestClient) -> None:
    folder = settings().home / "landing" / "events"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "<b>table.xls").write_bytes(b"x")
    page = site.get("/ui/files").text
    assert "landing/events/&lt;b&gt;table.xls" in page
    assert "events takes files named" in page
    assert "a person must act" in page
    assert "table.xls" not in site.get("/ui/files?dataset=votes").text
    assert "table.xls" not in site.get("/ui/files?path=other").text

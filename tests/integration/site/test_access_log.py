"""The page of access logs counts requests by time, status, host, path and country."""

import csv
import io
import re

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.marts import build
from tests.integration.site.conftest import partial
from tests.pipeline import ingest, land

LINE = '{host} - - [{time} +0000] "GET {path} HTTP/1.0" {status} 10\n'


def _load(*requests: tuple[str, str, str, int]) -> None:
    """Load requests of (host, time, path, status)."""
    names = ("host", "time", "path", "status")
    lines = [LINE.format(**dict(zip(names, request, strict=True))) for request in requests]
    land("access_log", "web.log", "".join(lines).encode())
    ingest("access_log")
    build.build("access_log")


def _rows(client: TestClient, address: str) -> list[dict[str, str]]:
    answer = client.get(f"/ui/access-log/{address}")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_every_request_is_in_each_count(full_site: TestClient, built: dict[str, str]) -> None:
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        requests, failed = warehouse.execute(
            "SELECT count(*), count(*) FILTER (WHERE status >= 400) FROM marts.access_log_requests"
        ).fetchone()
        hosts = warehouse.execute(
            "SELECT host, count(*) FROM marts.access_log_requests GROUP BY 1"
            ' ORDER BY 2 DESC, host COLLATE "C"'
        ).fetchall()
    page = full_site.get("/ui/access-log").text
    assert f"<strong>{requests:,} requests</strong>" in page
    assert f"<strong>{100 * failed / requests:.1f} %</strong> failed" in page
    for what in ("statuses", "countries", "hosts", "paths"):
        rows = _rows(full_site, f"{what}.csv")
        assert sum(int(row["requests"]) for row in rows) == requests, what
    found = [(row["host"], int(row["requests"])) for row in _rows(full_site, "hosts.csv")]
    assert sorted(found) == sorted(hosts)
    assert found[0] == hosts[0]


def test_the_range_is_that_of_the_address(site: TestClient) -> None:
    _load(
        ("a.example.de", "01/May/2024:10:00:00", "/early", 200),
        ("b.example.fr", "01/May/2024:12:30:00", "/late", 503),
        ("b.example.fr", "02/May/2024:12:30:00", "/late", 200),
    )
    asked = "?from=2024-05-01T12:00&to=2024-05-01T13:00:00Z"
    page = site.get(f"/ui/access-log{asked}", headers=partial("results")).text
    assert "<h1>" not in page
    assert "<strong>1 request</strong>" in page
    assert "<strong>100.0 %</strong> failed" in page
    assert _rows(site, f"hosts.csv{asked}") == [{"host": "b.example.fr", "requests": "1"}]
    assert "No requests in this time" in site.get("/ui/access-log?from=2025-01-01T00:00").text
    assert "<strong>3 requests</strong>" in site.get("/ui/access-log?from=&to=").text


def test_a_range_that_ends_before_it_begins_is_refused(site: TestClient) -> None:
    answer = site.get("/ui/access-log?from=2024-05-02T00:00&to=2024-05-01T00:00")
    assert answer.status_code == 422
    assert "expected a time not after" in answer.text


@pytest.mark.parametrize(
    ("until", "seconds"),
    [("01/May/2024:13:00:00", 3600), ("20/May/2024:10:00:00", 6 * 3600),
     ("20/May/2029:10:00:00", 30 * 86400)],
)  # fmt: skip
def test_columns_are_as_wide_as_they_must(site: TestClient, until: str, seconds: int) -> None:
    _load(("a.example", "01/May/2024:10:00:00", "/", 200), ("a.example", until, "/", 200))
    assert {row["seconds"] for row in _rows(site, "statuses.csv")} == {str(seconds)}


def test_the_map_shades_countries_and_tells_what_it_cannot_show(site: TestClient) -> None:
    _load(
        *(("a.example.de", f"01/May/2024:10:00:0{n}", "/", 200) for n in range(9)),
        ("b.example.fr", "01/May/2024:10:00:00", "/", 200),
        ("c.example.qa", "01/May/2024:10:00:00", "/", 200),
        ("nowhere.example", "01/May/2024:10:00:00", "/", 200),
    )
    page = site.get("/ui/access-log").text
    shapes = {
        code: (address, shade, title)
        for address, code, shade, title in re.findall(
            r'<use href="([^"#]+)#(\w\w)" class="(shade-\d)"><title>([^<]+)<', page
        )
    }
    assert shapes["de"][1:] == ("shade-5", "Germany: 9")
    assert shapes["fr"][1:] == ("shade-1", "France: 1")
    assert shapes["se"][1:] == ("shade-0", "Sweden: 0")
    assert "Not on the map: Qatar, 1 request of 1 host; unknown, 1 request of 1 host." in page
    drawn = site.get(shapes["de"][0])
    assert drawn.headers["Content-Type"] == "image/svg+xml"
    assert {f'id="{code}"' for code in shapes} <= set(re.findall(r'id="\w\w"', drawn.text))


def test_names_from_files_are_text(site: TestClient) -> None:
    _load(
        ("<script>x</script>", "01/May/2024:10:00:00", "/<img/src=x>\u202ecod", 200),
        ("=cmd()", "01/May/2024:10:00:00", "/", 200),
    )
    page = site.get("/ui/access-log").text
    assert "<script>x" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "'=cmd()" in {row["host"] for row in _rows(site, "hosts.csv")}


def test_an_unknown_download_is_not_there(site: TestClient) -> None:
    assert site.get("/ui/access-log/users.csv").status_code == 404


def test_before_the_first_file_the_page_says_what_to_do(site: TestClient) -> None:
    page = site.get("/ui/access-log").text
    assert "No requests yet." in page
    assert "/ui/upload?dataset=access_log" in page

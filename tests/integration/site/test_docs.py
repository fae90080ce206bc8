"""The documentation sites: behind the login, from their folders alone, under strict policies."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from penstock import data_docs
from penstock.marts import docs_site
from penstock.server.app import create_app
from penstock.site import folders, manual
from tests.integration.site.conftest import LogIn, partial
from tests.pipeline import configure, land_samples


@pytest.fixture
def dbt_site(home: Path) -> Iterator[Path]:
    """The folder of dbt's site, with a page and a secret beside it."""
    site = docs_site.folder()
    site.mkdir(parents=True)
    (site / "index.html").write_text("<p>models</p>")
    (site.parent / "secret.txt").write_text("not for readers")
    yield site


def test_a_site_that_is_not_written_says_how_to_write_it(site: TestClient) -> None:
    shown = site.get("/ui/docs")
    assert shown.status_code == 200
    assert shown.text.count("Not written yet. Run <code>penstock docs</code>") == 2
    assert site.get("/ui/docs/dbt/").status_code == 404


def test_what_is_written_is_shown_with_its_time(site: TestClient, dbt_site: Path) -> None:
    os.utime(dbt_site / "index.html", (86400, 86400))
    shown = site.get("/ui/docs").text
    assert "1970-01-02T00:00:00Z" in shown
    assert 'href="/ui/docs/dbt/"' in shown
    page = site.get("/ui/docs/dbt/")
    assert page.text == "<p>models</p>"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert "allow-same-origin" not in policy
    assert "connect-src" not in policy  # nothing can be sent anywhere


def test_great_expectations_pages_need_no_script(site: TestClient) -> None:
    land_samples("events")
    data_docs.build()
    page = site.get("/ui/docs/gx/")
    assert "Great Expectations" in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "unsafe" not in policy
    sheet = site.get("/ui/docs/gx/static/bootstrap.css")
    assert sheet.headers["content-type"].startswith("text/css")
    again = site.get(
        "/ui/docs/gx/static/bootstrap.css", headers={"If-None-Match": sheet.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


HOSTILE = (
    "../secret.txt",
    "%2e%2e/secret.txt",
    "..%2fsecret.txt",
    "..%2f..%2f..%2f..%2f..%2fetc/passwd",
    "%2fetc/passwd",
    "/etc/passwd",
    "link.txt",
    "folder/secret.txt",
    "circle",
    "..%5csecret.txt",
    "%00",
    "a" * 5000,
    "nothing.html",
)


def test_no_path_leads_out_of_the_folder(site: TestClient, dbt_site: Path) -> None:
    (dbt_site / "link.txt").symlink_to(dbt_site.parent / "secret.txt")
    (dbt_site / "folder").symlink_to(dbt_site.parent)
    (dbt_site / "circle").symlink_to(dbt_site / "circle")
    for path in HOSTILE:
        answer = site.get(f"/ui/docs/dbt/{path}")
        assert answer.status_code == 404, path
        assert "not for readers" not in answer.text
        assert "root:" not in answer.text


def test_a_folder_is_its_index_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert folders.find(tmp_path, "a") is None
    (tmp_path / "a" / "index.html").touch()
    assert folders.find(tmp_path, "a/") == tmp_path / "a" / "index.html"
    assert folders.find(tmp_path / "nowhere", "") is None


def test_nothing_is_shown_without_a_login(site: TestClient, dbt_site: Path) -> None:
    site.cookies.clear()
    for path in ("", "/api", "/openapi.json", "/dbt/", "/gx/", "/penstock/", "/penstock/a.svg"):
        answer = site.get(f"/ui/docs{path}", follow_redirects=False)
        assert (answer.status_code, answer.content) == (303, b""), path


def test_a_key_that_may_not_read_sees_no_documentation(log_in: LogIn, dbt_site: Path) -> None:
    voter = log_in("vote")
    for path in ("", "/api", "/dbt/", "/penstock/"):
        assert voter.get(f"/ui/docs{path}").status_code == 403


def test_every_page_of_the_documentation_is_shown_and_its_links_lead_somewhere(
    site: TestClient,
) -> None:
    pages = [entry.path for entry in manual.contents() if entry.path]
    assert len(pages) > 30
    seen: set[str] = set()
    for path in pages:
        shown = site.get(f"/ui/docs/penstock/{path}")
        assert shown.status_code == 200, path
        _, content = manual.page(path, lambda inside: f"/ui/docs/penstock/{inside}")
        seen |= {part.partition('"')[0] for part in content.split('="/ui/docs/penstock/')[1:]}
    anchors: dict[str, str] = {}
    for link in sorted(seen):
        page, _, anchor = link.partition("#")
        if page not in anchors:
            answer = site.get(f"/ui/docs/penstock/{page}")
            assert answer.status_code == 200, link
            anchors[page] = answer.text
        assert not anchor or f'id="{anchor}"' in anchors[page], link


def test_only_the_documentation_is_shown(site: TestClient) -> None:
    for path in (
        "../README.md",
        "%2e%2e/bench/results/2026-11-25.svg",
        "%2e%2e/pyproject.toml",
        "assets/iframe-worker.js",
        "nothing.md",
    ):
        assert site.get(f"/ui/docs/penstock/{path}").status_code == 404


def test_the_documentation_is_searched(site: TestClient) -> None:
    nothing = site.get("/ui/docs", params={"q": "xyzzy"}, headers=partial("found")).text
    assert "No page has “xyzzy”" in nothing
    shown = site.get("/ui/docs", params={"q": "LOST twice"}, headers=partial("found")).text
    assert "<mark>lost</mark>" in shown
    hostile = site.get("/ui/docs", params={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in hostile
    assert "&lt;script&gt;alert(1)" in hostile


def test_without_the_sources_the_page_says_where_the_documentation_is(
    site: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(manual, "FOLDER", tmp_path / "docs")
    assert "which are not installed here" in site.get("/ui/docs").text
    assert site.get("/ui/docs/penstock/").status_code == 404


def test_the_reference_of_the_api_is_complete_and_begins_where_the_app_is_mounted(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = site.get("/ui/docs/api").text
    assert 'data-openapi="/ui/docs/openapi.json"' in page
    assert "<script>" not in page
    document = site.get("/ui/docs/openapi.json").json()
    assert "/votes" in document["paths"]
    assert "/ui/docs" not in document["paths"]
    configure(monkeypatch, api_open="read")
    with TestClient(create_app(), root_path="/penstock") as mounted:
        paths = mounted.get("/penstock/ui/docs/openapi.json").json()["paths"]
    assert "/penstock/votes" in paths

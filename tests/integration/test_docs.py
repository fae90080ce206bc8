"""The documentation site: it builds, loads nothing from outside, and describes the real ledger."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tools.reference.__main__ import FOLDER
from tools.reference.ledger import ledger_page

from tests.programs import ROOT

OUTSIDE = re.compile(
    r"""<script[^>]*\ssrc=["']?https?:|<link[^>]*stylesheet[^>]*https?:|"""
    r"""<(?:img|iframe)[^>]*\ssrc=["']?https?:|@import[^;]*https?:|url\(["']?https?:"""
)


def _built(folder: Path) -> subprocess.CompletedProcess[str]:
    """What building a copy of the site in `folder` came to."""
    program = Path(sys.executable).with_name("zensical")
    command = [program, "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the site is made of."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    return tmp_path


def test_the_site_builds_and_needs_nothing_from_outside(copy: Path) -> None:
    built = _built(copy)
    assert built.returncode == 0, built.stdout + built.stderr
    texts = [p for p in (copy / "site").rglob("*") if p.suffix in (".html", ".css")]
    for page in (copy / "docs").rglob("*.md"):
        place = page.relative_to(copy / "docs").with_suffix(".html")
        place = place.with_name("index.html") if page.stem == "README" else place
        assert copy / "site" / place in texts, f"{page} is not in the site"
    assert [p.name for p in texts if OUTSIDE.search(p.read_text())] == []
    # Search in a page that is opened from a disk: an index as a script, and a stand-in for workers.
    assert "quarantine" in (copy / "site" / "search.js").read_text()
    home = (copy / "site" / "index.html").read_text()
    assert '<script src="./assets/iframe-worker.js"' in home


def test_every_page_has_a_place_in_the_navigation(copy: Path) -> None:
    entries = set(re.findall(r"[\w/.-]+\.md", (copy / "mkdocs.yml").read_text()))
    assert entries == {str(p.relative_to(copy / "docs")) for p in (copy / "docs").rglob("*.md")}


@pytest.mark.parametrize("link", ["[x](no-such-page.md)", "[x](concepts.md#no-such-heading)"])
def test_a_link_that_leads_nowhere_fails_the_build(copy: Path, link: str) -> None:
    with (copy / "docs" / "index.md").open("a") as page:
        page.write(f"\n{link}\n")
    assert _built(copy).returncode != 0


def test_the_ledger_page_describes_the_migrated_warehouse(warehouse: psycopg.Connection) -> None:
    written = (FOLDER / "ledger.md").read_text()
    assert written == ledger_page(warehouse), "run `make docs` and commit what it wrote"


def test_every_column_of_the_ledger_is_described() -> None:
    rows = re.findall(r"^\| `\w+` \|.*$", (FOLDER / "ledger.md").read_text(), re.MULTILINE)
    assert rows
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_states_of_a_file_are_drawn_and_explained(warehouse: psycopg.Connection) -> None:
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'file_state_check'"
    (check,) = warehouse.execute(query).fetchone() or ("",)
    states = set(re.findall(r"'(\w+)'", check))
    assert "sealed" in states
    drawing = (ROOT / "docs" / "images" / "states.svg").read_text()
    assert set(re.findall(r'class="name"[^>]*>(\w+)<', drawing)) == states
    page = (ROOT / "docs" / "concepts.md").read_text()
    table = page[page.index("## The states of a file") : page.index("## What becomes of the rows")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == states

"""The documentation keeps up with the code: generated pages, commands, datasets, make targets."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tools.reference.__main__ import FOLDER, PAGES

from tests.programs import ROOT


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make docs` and commit what it wrote"


def test_every_make_target_of_help_is_documented() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    targets = re.findall(r"^\s*make (\S+)", shown, re.MULTILINE)
    assert targets
    assert [target for target in targets if f"`make {target}`" not in text] == []


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 130
    links = re.findall(r"\]\(([^)#:]+)[^)]*\)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_test_that_the_pages_name_exists() -> None:
    pages = [ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"`(tests/[\w/.-]+)", page.read_text())}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    functions = {name for page in pages for name in re.findall(r"`(test_\w+)`", page.read_text())}
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert functions
    assert [name for name in sorted(functions) if f"def {name}(" not in tests] == []


def test_nothing_of_the_library_imports_airflow() -> None:
    """The lint rule holds: a module that imports Airflow is found."""
    probe = "import airflow\nfrom airflow.sdk import DAG\n"
    lint = [sys.executable, "-m", "ruff", "check", "--quiet", "--output-format=concise", "-"]
    found = subprocess.run(
        [*lint, "--stdin-filename", "include/penstock/probe.py"],
        cwd=ROOT, input=probe, capture_output=True, text=True,
    )  # fmt: skip
    assert found.stdout.count("TID251") == 2
    assert not re.findall(
        r"^\s*(?:from|import) airflow\b",
        "\n".join(p.read_text() for p in (ROOT / "include").rglob("*.py")),
        re.MULTILINE,
    )


def test_the_architecture_names_every_package_and_nothing_that_is_gone() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    packages = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    folders = {p.parent.name for p in (ROOT / "include" / "penstock").glob("*/__init__.py")}
    assert sorted(packages) == sorted(folders)
    files = re.findall(r"`((?:include|dags|plugins)/\S+\.py)`", page)
    assert [file for file in files if not (ROOT / file).is_file()] == []
    wiring = {
        str(p.relative_to(ROOT)) for d in ("dags", "plugins") for p in (ROOT / d).glob("*.py")
    }
    assert wiring <= set(files)


def test_a_newcomer_opens_at_most_ten_files() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    way = page[page.index("## The way of one file") : page.index("## The packages")]
    opened = re.findall(r"^\d+\. \*\*`([^`]+)`\*\*", way, re.MULTILINE)
    assert 5 < len(opened) <= 10
    for step in ("plan", "batch", "seal", "build"):
        assert any(Path(file).stem == step for file in opened), step

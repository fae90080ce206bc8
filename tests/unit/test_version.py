"""The version has one source: pyproject.toml, by the installed package's metadata."""

import subprocess
import tomllib
from pathlib import Path

from penstock.api.app import create_app
from tests.programs import PENSTOCK, ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_command_line_shows_it(tmp_path: Path) -> None:
    """Also where nothing is set up: from any folder, without a home."""
    done = subprocess.run([PENSTOCK, "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"penstock {VERSION}\n")
    assert not [*tmp_path.iterdir()]


def test_the_api_shows_it() -> None:
    assert create_app().openapi()["info"]["version"] == VERSION


def test_the_changelog_has_it() -> None:
    assert f"\n## [{VERSION}] - " in (ROOT / "CHANGELOG.md").read_text()


def test_the_documentation_shows_it() -> None:
    assert f"\ncopyright: Penstock {VERSION}," in (ROOT / "mkdocs.yml").read_text()

"""The README keeps up with what there is: every setting, command, dataset and make target."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.cli.app import app
from penstock.datasets import all_datasets
from penstock.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_every_setting_has_its_row_with_its_default_and_meaning() -> None:
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        row = f"| `PENSTOCK_{name.upper()}` | {default} | {field.description} |"
        assert row in README, f"README lacks this line of the settings table:\n{row}"


def test_the_table_has_no_setting_that_is_gone() -> None:
    told = set(re.findall(r"^\| `PENSTOCK_(\w+)`", README, re.MULTILINE))
    assert told == {name.upper() for name in Settings.model_fields}


def test_every_command_is_told() -> None:
    for command in app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        assert re.search(rf"penstock {name}\b", README), (
            f"README does not tell of `penstock {name}`"
        )


@pytest.mark.parametrize("name", all_datasets())
def test_every_dataset_is_told(name: str) -> None:
    assert f"`{name}`" in README


def test_every_make_target_of_help_is_told() -> None:
    told = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    targets = re.findall(r"^\s*make (\S+)", told, re.MULTILINE)
    assert targets
    missing = [target for target in targets if f"make {target}" not in README]
    assert not missing


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

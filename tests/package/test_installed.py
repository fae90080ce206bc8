"""The package alone: built as a wheel, installed with the runtime lock, without development tools.

It takes long, for it installs everything: `make test-long` runs it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
LOGINS = "id;user;at\n1;ann;2024-05-01T10:00:00Z\n2;ben;2024-05-01T11:30:00Z\n"


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A venv with `requirements.txt` and the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    # Of a copy: a build leaves its traces in the folder of the sources.
    run("git", "clone", "--quiet", ROOT, folder / "sources")
    run(UV, "build", "--quiet", "--wheel", folder / "sources", "--out-dir", folder)
    (wheel,) = folder.glob("*.whl")
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    install = [UV, "pip", "install", "--quiet", "--python", folder / "venv/bin/python"]
    run(*install, "--require-hashes", "--requirement", ROOT / "requirements.txt")
    run(*install, "--no-deps", wheel)
    yield folder / "venv"


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"
    return done.stdout


def test_it_has_no_development_tools(venv: Path) -> None:
    found = run(UV, "pip", "list", "--quiet", "--python", venv / "bin/python")
    names = {line.split()[0] for line in found.splitlines()}
    assert not names & {"pytest", "mypy", "ruff", "sqlfluff", "schemathesis", "hypothesis", "uv"}


def test_dependencies_agree_with_each_other(venv: Path) -> None:
    run(UV, "pip", "check", "--python", venv / "bin/python")


def test_a_dataset_is_made_and_files_are_checked(venv: Path, tmp_path: Path) -> None:
    penstock = venv / "bin/penstock"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    options = {"cwd": tmp_path, "env": env | {"PENSTOCK_DATASETS": str(tmp_path / "own")}}
    assert run(penstock, "--version", **options).startswith("penstock ")
    assert "quarantine" in run(penstock, "--help", **options)
    sample = tmp_path / "logins.csv"
    sample.write_text(LOGINS)
    run(penstock, "new", "dataset", "logins", "--from", sample, **options)
    assert (tmp_path / "own/logins/dataset.py").exists()
    assert "2" in run(penstock, "check", "logins", sample, **options)


def test_its_types_and_data_are_in_it(venv: Path) -> None:
    (package,) = venv.glob("lib/python*/site-packages/penstock")
    ours = ROOT / "include/penstock"
    files = run("git", "ls-files", ".", cwd=ours).split()
    missing = [name for name in files if not (package / name).exists()]
    assert not missing

"""`make install` finds a Python that fits, or says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import ROOT


def make_venv(folder: Path, *python: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", ROOT / "tools/make-venv.sh", folder, "0.13.9", *python],
        env=os.environ | environment, capture_output=True, text=True,
    )  # fmt: skip


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def only(tmp_path: Path) -> str:
    """A PATH with the programs that the script needs, and no Python."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "rm", "mktemp"):
        (tools / name).symlink_to(f"/bin/{name}")
    return str(tools)


def test_takes_the_first_python_that_runs_and_fits(tmp_path: Path) -> None:
    shim = program(tmp_path / "shims", "python3.12", "exit 127")
    old = program(tmp_path / "old", "python3", "exit 1")
    done = make_venv(tmp_path / "venv", PYTHONS=f"{shim} {old} {sys.executable}")
    assert done.returncode == 0, done.stderr
    found = subprocess.check_output([tmp_path / "venv/bin/python", "--version"], text=True)
    assert found.split()[1] == sys.version.split()[0]


def test_an_interrupted_venv_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "venv/left").touch()
    assert make_venv(tmp_path / "venv", PYTHONS=sys.executable).returncode == 0
    assert (tmp_path / "venv/bin/pip").exists()
    assert not (tmp_path / "venv/left").exists()


def test_a_python_that_was_asked_for_and_does_not_fit(tmp_path: Path) -> None:
    old = str(program(tmp_path / "old", "python3.9", "exit 1"))
    done = make_venv(tmp_path / "venv", old)
    assert done.returncode == 1
    assert f"PYTHON={old} is not a Python 3.11, 3.12 or 3.13" in done.stderr


def test_uv_brings_a_python_where_none_fits(tmp_path: Path, only: str) -> None:
    program(Path(only), "uv", f'printf "%s " "$@" > {tmp_path}/asked')
    done = make_venv(tmp_path / "venv", PYTHONS="", PATH=only)
    assert done.returncode == 0, done.stderr
    assert "--python 3.12" in (tmp_path / "asked").read_text()


def test_no_python_at_all_says_what_to_install(tmp_path: Path, only: str) -> None:
    done = make_venv(tmp_path / "venv", PYTHONS="", PATH=only)
    assert done.returncode == 1
    assert "Penstock needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr

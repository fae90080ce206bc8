"""The home is closed: to other users of the machine, and to folders that they have prepared."""

import grp
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.datasets import get
from penstock.files import landing
from penstock.settings import settings
from penstock.settings.home import enter
from penstock.warehouse import embedded
from tests.pipeline import configure
from tests.programs import PENSTOCK, run

STRANGER = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may enter."""
    monkeypatch.delenv("PENSTOCK_WAREHOUSE_URL", raising=False)
    umask = os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="penstock-home-") as made:
        Path(made).chmod(0o755)
        configure(monkeypatch, home=Path(made) / "home")
        yield Path(made)
    os.umask(umask)
    settings.cache_clear()


def stranger(*command: str, groups: tuple[int, ...] = ()) -> bool:
    """Whether another user of the machine can do this."""
    done = subprocess.run(
        command, user=STRANGER, group=STRANGER, extra_groups=groups, cwd="/",
        capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@as_root
def test_another_user_sees_nothing_of_a_home(place: Path) -> None:
    file = place / "events.txt"
    file.write_text("2024-01-01T00:00:00Z a@example.org s\n")
    assert run(PENSTOCK, "load", "events", str(file)).returncode == 0
    embedded.stop(settings().home)
    home = settings().home
    for folder in (home, home / "archive", home / "landing", home / "postgres"):
        assert folder.is_dir()
        assert not stranger("ls", str(folder))
    (kept,) = (home / "archive").rglob("events.txt")
    assert not stranger("cat", str(kept))
    # Were the home itself open, what is in it would still be closed.
    home.chmod(0o755)
    for folder in home.iterdir():
        assert not stranger("ls", str(folder)) or not folder.is_dir(), folder


@as_root
def test_a_private_folder_above_a_home_is_opened_to_the_server_alone(place: Path) -> None:
    private = place / "private"
    private.mkdir(mode=0o700)
    home = private / "home"
    try:
        embedded.ensure_running(home)
        assert private.stat().st_mode & 0o007 == 0
        assert not stranger("stat", str(home))
        embedded.ensure_running(home)
    finally:
        embedded.stop(home)


@as_root
def test_a_socket_folder_that_another_user_made_is_not_used(place: Path) -> None:
    home = place.joinpath(*["a folder with a long name"] * 6)
    try:
        embedded.ensure_running(home)
        real = embedded.socket_dir(home)
        assert real != home / "postgres"
        embedded.stop(home)
        shutil.rmtree(real)
        real.mkdir(mode=0o777)
        os.chown(real, STRANGER, STRANGER)
        assert embedded.socket_dir(home) != real
        assert not embedded.is_running(home)
        embedded.ensure_running(home)
        assert embedded.socket_dir(home) not in (real, home / "postgres")
    finally:
        embedded.stop(home)
        shutil.rmtree(real)


@as_root
def test_a_home_of_another_user_is_refused(place: Path) -> None:
    settings().home.mkdir()
    os.chown(settings().home, STRANGER, STRANGER)
    done = run(PENSTOCK, "datasets")
    assert done.returncode == 1
    assert "belongs to another user: set PENSTOCK_HOME" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_home_that_others_can_write_to_is_refused(place: Path, mode: int) -> None:
    settings().home.mkdir()
    settings().home.chmod(mode)
    done = run(PENSTOCK, "datasets")
    assert done.returncode == 1
    assert "others can write to the home" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_home_of_the_time_before_is_closed(place: Path) -> None:
    home = settings().home
    for name in ("archive", "exports", "landing/events", "secrets"):
        (home / name).mkdir(parents=True)
    (home / "note").write_text("x")
    home.chmod(0o701)
    enter()
    assert {oct(each.stat().st_mode & 0o777) for each in home.iterdir() if each.is_dir()} == {
        "0o700"
    }
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "note").stat().st_mode & 0o777 == 0o600


@as_root
def test_a_group_may_land_files_and_read_exports_and_nothing_else(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = grp.getgrall()[-1]
    configure(monkeypatch, group=group.gr_name)
    home = settings().home
    (home / "archive").mkdir(parents=True)
    (home / "exports").mkdir()
    enter()
    folder = landing.folder(get("events"))
    member = (group.gr_gid,)
    assert stranger("touch", str(folder / "x.txt"), groups=member)
    assert stranger("ls", str(home / "exports"), groups=member)
    assert not stranger("ls", str(home / "archive"), groups=member)
    assert not stranger("ls", str(home), groups=member)
    assert not stranger("touch", str(folder / "y.txt"))
    assert not stranger("ls", str(home / "exports"))


def test_a_group_that_is_not_there_is_one_clear_line(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, group="no-such-group")
    (settings().home / "exports").mkdir(parents=True)
    done = run(PENSTOCK, "datasets")
    assert done.returncode == 1
    assert "PENSTOCK_GROUP=no-such-group: expected a group that you are in" in done.stderr

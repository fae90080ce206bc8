"""Programs end with one line that says what, where and what to do, and never with a traceback."""

import gzip
import os
from pathlib import Path

import psycopg
import pytest

from tests.integration.conftest import Penstock, SmallDisk
from tests.pipeline import events, land
from tests.programs import PENSTOCK, Done, run


def one_line(done: Done, code: int, *parts: str) -> None:
    """It ended with `code` and one line that holds each of `parts`."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    for part in parts:
        assert part in line
    assert "http" not in line


BAD_SETTINGS = {
    "WORKERS": ("many", "PENSTOCK_WORKERS=many: expected: a valid integer"),
    "BLOCK_BYTES": ("0", "PENSTOCK_BLOCK_BYTES=0: expected: greater than 0"),
    "ENGINE": ("spark", "PENSTOCK_ENGINE=spark: expected: 'pool' or 'in_process'"),
    "SETTLE_SECONDS": ("-1", "PENSTOCK_SETTLE_SECONDS=-1: expected: greater than 0"),
    "API_OPEN": ("all", "PENSTOCK_API_OPEN=all: expected: match pattern"),
    "HOME": ("~nobody-here/x", "PENSTOCK_HOME=~nobody-here/x: expected a folder"),
    "WAREHOUSE_URL": ("mysql://u:secret@h/db", "expected postgresql://user:password@"),
    "LANDING_URL": ("ftp://h/in", "PENSTOCK_LANDING_URL=ftp://h/in: expected a path or file://"),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_a_bad_setting(home: Path, name: str) -> None:
    value, told = BAD_SETTINGS[name]
    done = run(PENSTOCK, "datasets", **{f"PENSTOCK_{name}": value})
    one_line(done, 1 if name == "LANDING_URL" else 2, told)
    assert "secret" not in done.stderr


def test_each_of_several_bad_settings_has_its_line(home: Path) -> None:
    done = run(PENSTOCK, "datasets", PENSTOCK_WORKERS="x", PENSTOCK_WEB_PORT="y")
    assert done.returncode == 2
    assert [line.partition("=")[0] for line in done.stderr.splitlines()] == [
        "penstock: PENSTOCK_WEB_PORT",
        "PENSTOCK_WORKERS",
    ]


def test_airflows_json_form_of_a_connection(home: Path, warehouse: psycopg.Connection) -> None:
    info = warehouse.info
    given = (
        f'{{"conn_type": "postgres", "login": "{info.user}", "schema": "{info.dbname}",'
        f' "host": "{info.host}"}}'
    )
    done = run(PENSTOCK, "files", PENSTOCK_WAREHOUSE_URL="", AIRFLOW_CONN_WAREHOUSE=given)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://u:secret@127.0.0.1:1/db", ["does not answer", "127.0.0.1", "port 1"]),
        ("postgresql://u:secret@nowhere.invalid:5499/db", ["does not answer", "nowhere.invalid"]),
    ],
)
def test_a_server_that_is_not_there(home: Path, address: str, told: list[str]) -> None:
    done = run(PENSTOCK, "files", PENSTOCK_WAREHOUSE_URL=address)
    one_line(done, 1, *told, "PENSTOCK_WAREHOUSE_URL")
    assert "secret" not in done.stderr


def test_a_database_or_a_user_that_does_not_exist(home: Path) -> None:
    here = os.environ["PENSTOCK_WAREHOUSE_URL"]
    done = run(PENSTOCK, "files", PENSTOCK_WAREHOUSE_URL=here.replace("/test?", "/nope?"))
    one_line(done, 1, "refuses the connection", 'database "nope" does not exist')
    done = run(PENSTOCK, "files", PENSTOCK_WAREHOUSE_URL=here.replace("penstock@", "nobody@", 1))
    one_line(done, 1, "refuses the connection", "nobody")


def test_a_home_that_cannot_be_written(home: Path, small_disk: SmallDisk) -> None:
    read_only = small_disk("ro,size=64k")
    env = {"PENSTOCK_HOME": str(read_only / "home")}
    told = (f"{read_only}", "Read-only file system; mount it so that it can be written")
    file = read_only.parent / "a.txt"
    file.write_bytes(events(1))
    one_line(run(PENSTOCK, "load", "events", file, **env), 1, *told)
    for command in ("up", "serve", "docs"):
        one_line(run(PENSTOCK, command, **env), 1, *told)
    one_line(run(PENSTOCK, "files", PENSTOCK_WAREHOUSE_URL="", **env), 1, *told)


def test_a_full_standard_output_and_a_closed_one(home: Path) -> None:
    for command in ("files", "datasets"):
        shell = f"{PENSTOCK} {command} > /dev/full"
        one_line(run("bash", "-c", shell), 1, "No space left on device")
    done = run("bash", "-c", f"{PENSTOCK} datasets | true")
    assert done.stderr == ""


def test_a_file_that_waits_is_shown_and_is_no_success(
    penstock: Penstock, home: Path, warehouse: psycopg.Connection
) -> None:
    """Its spool is no folder: a fault of the machine that no test needs root for."""
    (home / "spool").parent.mkdir(parents=True, exist_ok=True)
    (home / "spool").write_text("in the way")
    land("events", "a.txt", events(3))
    land("events", "b.txt.gz", gzip.compress(events(4)))
    done = penstock("load", "events")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "b.txt.gz waits: " in done.stderr
    assert "waits until 20" in penstock("files").stdout
    (home / "spool").unlink()
    warehouse.execute("UPDATE ingest.file SET retry_at = now() WHERE retry_at IS NOT NULL")
    done = penstock("load", "events")
    assert done.returncode == 0, done.stderr
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (7,)

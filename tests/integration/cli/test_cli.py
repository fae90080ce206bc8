"""The command line as scripts use it: exit codes, JSON, messages."""

import csv
import io
import json
from pathlib import Path

import psycopg
import pytest

from tests.programs import PENSTOCK, run

GOOD = "2001-02-03T04:05:06Z a@example.com s-1\n"


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_from_the_command_line_to_the_mart(penstock, warehouse, tmp_path) -> None:
    file = _file(tmp_path, "in/a.txt", GOOD + "null\n" + GOOD)

    first = penstock("load", "events", file, "--json")
    assert (first.returncode, first.stderr) == (0, "")
    (entry,) = json.loads(first.stdout)
    assert (entry["state"], entry["rows_good"], entry["rows_bad"]) == ("sealed", 2, 1)
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (2,)

    again = penstock("load", "events", file, "--json")
    assert [e["state"] for e in json.loads(again.stdout)] == ["duplicate"]
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (2,)

    refused = penstock("quarantine", "events", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(refused.stdout))
    assert (row["path"], row["line"], row["raw"]) == ("a.txt", "2", "null")
    assert json.loads(penstock("quarantine", "--format", "json").stdout)[0]["line"] == 2

    replayed = penstock("replay", str(entry["file_id"]), "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert json.loads(replayed.stdout)[0]["replay_of"] == entry["file_id"]
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (2,)

    states = {e["file_id"]: e["state"] for e in json.loads(penstock("files", "--json").stdout)}
    assert sorted(states.values()) == ["duplicate", "sealed", "superseded"]


def test_what_waits_is_loaded_when_no_file_is_named(penstock, home, tmp_path) -> None:
    landing = home / "landing" / "events"
    _file(landing, "a.txt", GOOD)
    (entry,) = json.loads(penstock("load", "events", "--json").stdout)
    assert (entry["path"], entry["state"]) == ("a.txt", "sealed")
    _file(landing, "b.txt", "")
    done = penstock("load", "events", "--json")
    assert done.returncode == 1
    assert [e["path"] for e in json.loads(done.stdout)] == ["b.txt"]
    again = penstock("load", "events")
    assert (again.returncode, again.stdout) == (0, "No new file.\n")


def test_of_very_many_files_only_the_odd_ones_are_listed(penstock, tmp_path) -> None:
    for n in range(101):
        _file(tmp_path / "in", f"{n}.txt", GOOD if n else "")
    done = penstock("load", "events", tmp_path / "in")
    assert done.returncode == 1
    assert done.stdout.startswith("101 files: 100 sealed, 1 rejected\n")
    assert "the file is empty" in done.stdout
    assert "100.txt" not in done.stdout


def test_a_rejected_file_is_told_and_fails_the_command(penstock, tmp_path) -> None:
    done = penstock("load", "events", _file(tmp_path, "empty.txt", ""))
    assert done.returncode == 1
    assert "the file is empty" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["load", "nope", "x.txt"], 1, "unknown dataset 'nope'; known are:"),
        (["load", "events", "/nowhere/x.txt"], 1, "/nowhere/x.txt: no such file"),
        (["files", "nope"], 1, "unknown dataset 'nope'"),
        (["replay", "999"], 1, "no file 999"),
        (["quarantine", "nope"], 1, "unknown dataset 'nope'"),
        (["quarantine", "--file", "9" * 30], 2, "Invalid value"),
        (["load"], 2, "Missing argument"),
        (["quarantine", "--format", "xml"], 2, "'xml' is not one of"),
    ],
)
def test_a_mistake_is_one_clear_line_and_no_traceback(penstock, arguments, code, told) -> None:
    done = penstock(*arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert told in done.stderr


def test_no_name_of_a_file_reaches_the_terminal_as_it_is(penstock, tmp_path) -> None:
    folder = tmp_path / "in"
    _file(folder, "esc\x1b[31m.txt", GOOD)
    _file(folder, "caf\udce9.txt", GOOD + "\x1b[2J\n")
    done = penstock("load", "events", folder)
    shown = done.stdout + done.stderr
    assert done.returncode == 0, shown
    assert r"esc\x1b[31m.txt" in shown
    assert r"caf\xe9.txt" in shown
    assert "\x1b" not in done.stdout
    gone = penstock("load", "events", tmp_path / "\x1b[2J\udcff.txt")
    assert gone.stderr.endswith(r"\x1b[2J\xff.txt: no such file" + "\n")


def test_a_closed_standard_output_is_no_bug(home) -> None:
    shell = f'"{PENSTOCK}" datasets >&-; "{PENSTOCK}" datasets --json | head -c 1'
    done = run("bash", "-c", shell)
    assert "Traceback" not in done.stderr


def test_a_file_of_another_kind_is_refused_before_it_lands(penstock, tmp_path) -> None:
    done = penstock("load", "events", _file(tmp_path, "a.pdf", "x"))
    assert done.returncode == 1
    assert "events takes files named *.txt" in done.stderr


def test_the_address_opens_the_warehouse_as_the_role_asked_for(penstock) -> None:
    for role in ("loader", "transformer", "api"):
        url = penstock("url", "--role", role).stdout.strip()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (f"penstock_{role}",)


def test_an_external_warehouses_address_for_people_is_a_login_of_their_own(
    penstock, monkeypatch
) -> None:
    done = penstock("url", "--role", "reader")
    assert (done.returncode, done.stdout) == (1, "")
    assert "set PENSTOCK_READER_URL" in done.stderr
    monkeypatch.setenv("PENSTOCK_READER_URL", "postgresql://ana@warehouse.example/penstock")
    told = penstock("url", "--role", "reader").stdout.strip()
    assert told == "postgresql://ana@warehouse.example/penstock"


def test_datasets_and_an_empty_ledger_say_what_to_do(penstock) -> None:
    names = [d["name"] for d in json.loads(penstock("datasets", "--json").stdout)]
    assert names == sorted(names)
    assert "events" in names
    assert "penstock datasets" in penstock("files").stdout


def test_a_warehouse_that_is_away_is_one_clear_line(penstock, monkeypatch) -> None:
    monkeypatch.setenv("PENSTOCK_WAREHOUSE_URL", "postgresql://nobody@127.0.0.1:1/none")
    done = penstock("files")
    assert done.returncode == 1
    assert "the warehouse does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_people_do_to_files_from_the_command_line(penstock, warehouse, tmp_path) -> None:
    def marts() -> int:
        (found,) = warehouse.execute("SELECT count(*) FROM marts.events").fetchone()
        return int(found)

    file = _file(tmp_path, "a.txt", GOOD + "null\n" + GOOD)
    assert penstock("load", "events", file).returncode == 0
    mended = penstock("mend", "1", _file(tmp_path, "fixed.any", GOOD), "--json", "--who", "mia")
    assert mended.returncode == 0, mended.stderr
    (entry,) = json.loads(mended.stdout)
    assert (entry["rows_good"], entry["rows_bad"], marts()) == (1, 0, 3)
    retracted = penstock("retract", "1", "--why", "sent by mistake", "--who", "mia")
    assert (retracted.returncode, marts()) == (0, 1), retracted.stderr
    assert "retracted by mia: sent by mistake" in retracted.stdout
    refused = penstock("reject", "1", "--why", "wrong")
    assert refused.returncode == 1
    assert "file 1 is superseded; only a file in flight can be rejected" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (penstock("replay", "1", "--why", "it was right").returncode, marts()) == (0, 3)
    reason = "expected 3 fields separated by ' ', found 1"
    again = penstock("replay", "--refused-for", reason, "--dataset", "events", "--json")
    assert [e["replay_of"] for e in json.loads(again.stdout)] == [3]
    assert penstock("replay").returncode == 2
    assert penstock("verify", "events").returncode == 0
    found = warehouse.execute("SELECT kind, who FROM ingest.action ORDER BY action_id").fetchall()
    assert found[:2] == [("mend", "mia"), ("retract", "mia")]
    assert [kind for kind, _ in found[2:]] == ["replay", "replay"]

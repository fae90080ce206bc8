"""Files on their way to the mart through a real Airflow."""

import threading
import time
from itertools import pairwise
from pathlib import Path

from tests.e2e.system import System, events, wait_until


def test_up_again_changes_nothing(system: System) -> None:
    def pids() -> dict[str, int]:
        return {part["name"]: part["pid"] for part in system.status()}

    before = pids()
    system.penstock("up")
    assert pids() == before
    assert len(before) == 6


def test_a_dropped_file_reaches_the_mart(system: System) -> None:
    system.land("one.txt", events("one", good=3, bad_lines=(2,)))
    system.wait_built(["one.txt"])
    system.assert_exact({"one.txt": 3}, {"one.txt": [2]})
    stations = system.ask(
        "SELECT registered_at, claimed_at, loaded_at, sealed_at, built_at FROM ingest.file"
        " WHERE path = 'one.txt'"
    )[0]
    assert all(earlier <= later for earlier, later in pairwise(stations))


def test_the_run_tells_what_it_did(system: System) -> None:
    system.land("told.txt", events("told", good=5))
    system.wait_built(["told.txt"])
    run = system.ask("SELECT dag_run_id FROM ingest.file WHERE path = 'told.txt'")[0][0]
    log = system.home / "logs" / "tasks" / "dag_id=ingest_events" / f"run_id={run}" / "task_id=seal"
    said = "".join(path.read_text() for path in log.glob("*.log"))
    assert "told.txt (version 1): sealed; 5 rows loaded, 0 quarantined" in said
    wait_until(lambda: (system.home / "docs" / "dbt" / "index.html").exists(), "the docs site")


def test_a_burst_while_a_run_is_active(system: System) -> None:
    folder = system.home / "landing" / "events"
    system.land("first.txt", events("first", good=2000))
    waits = "SELECT count(*) FROM ingest.file WHERE path = 'first.txt'"
    wait_until(lambda: system.ask(waits) == [(1,)], "a run begins")

    names = [f"burst{i:02}.txt" for i in range(40)]
    slow = [threading.Thread(target=_grow, args=(folder / name,)) for name in names[:5]]
    for thread in slow:
        thread.start()
    for name in names[5:]:
        system.land(name, events(name, good=10, bad_lines=(4,)))
    (folder / "never.txt.part").write_text(events("never", good=1))
    for thread in slow:
        thread.join()

    system.wait_built(["first.txt", *names])
    system.assert_exact(
        {"first.txt": 2000} | dict.fromkeys(names, 10), {name: [4] for name in names}
    )
    assert [p.name for p in folder.iterdir()] == ["never.txt.part"]


def _grow(path: Path) -> None:
    """A file that some program writes slowly, in place, pausing within lines."""
    text = events(path.name, good=10, bad_lines=(4,))
    with path.open("w") as out:
        for start in range(0, len(text), 120):
            out.write(text[start : start + 120])
            out.flush()
            time.sleep(0.4)

"""`kill -9` in the middle of a file of many blocks: all comes back, and every count is exact."""

from collections.abc import Callable

import psutil
import pytest

from tests.e2e.system import System, events, kill, wait_until

ROWS, BAD = 60_000, (1, 1000, 30_000, 60_003)  # 3 MB, some 150 blocks

VICTIMS: dict[str, Callable[[System], psutil.Process]] = {
    "task": lambda system: system.running_tasks()[0],
    "scheduler": lambda system: system.component("scheduler"),
    "triggerer": lambda system: system.component("triggerer"),
    "dag-processor": lambda system: system.component("dag-processor"),
    "api-server": lambda system: system.component("api-server"),
    "postgres": lambda system: system.postgres(),
    "supervisor": lambda system: system.component("supervisor"),
}


@pytest.mark.parametrize("victim", VICTIMS)
def test_killed_in_the_middle_of_a_file(system: System, victim: str) -> None:
    name, next_name = f"{victim}.txt", f"after-{victim}.txt"
    system.land(name, events(name, ROWS, BAD))
    wait_until(lambda: _is_half_loaded(system, name), "some blocks loaded, some not")
    wait_until(lambda: bool(system.running_tasks()), "a task runs")
    system.is_well = False
    kill(VICTIMS[victim](system))
    system.land(next_name, events(next_name, 3))
    if victim == "supervisor":
        system.penstock("up")
    system.wait_built([name, next_name])
    system.assert_exact({name: ROWS, next_name: 3}, {name: list(BAD)})
    wait_until(system.is_healthy, "all is healthy again")
    system.is_well = True
    assert len(system.doubled()) == 0


def _is_half_loaded(system: System, name: str) -> bool:
    query = """
        SELECT count(*) FILTER (WHERE b.loaded_at IS NULL),
               count(*) FILTER (WHERE b.loaded_at IS NOT NULL)
        FROM ingest.file f JOIN ingest.block b USING (file_id) WHERE f.path = %s
        """
    waiting, loaded = system.ask(query, name)[0]
    assert waiting or not loaded, "the file was loaded before anything could be killed"
    return bool(waiting and loaded)

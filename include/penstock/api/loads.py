"""Loads on demand: what waits in the landing zone is loaded now, by a process beside the API."""

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE

from penstock import datasets
from penstock.errors import faults
from penstock.settings import settings

log = logging.getLogger(__name__)


class Loads:
    """One load at a time; who asks while a load of the same dataset waits, waits with it."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._waiting: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()  # the event loop keeps none alive

    def start(self, dataset: str) -> None:
        """Load `dataset` soon; returns at once. The ledger tells what became of it.

        Where Airflow loads there is nothing to start: it senses what lands by itself.
        """
        if settings().api_loads == "here" and dataset not in self._waiting:
            self._waiting.add(dataset)
            task = asyncio.create_task(self._load(dataset))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what runs; the next load takes up what it leaves."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _load(self, dataset: str) -> None:
        async with self._one_at_a_time:
            self._waiting.remove(dataset)  # what lands from here on needs another load
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, dataset, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
            )
            try:
                _, said = await process.communicate()
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
            if process.returncode:
                log.warning("load of %s: %s", dataset, said.decode(errors="replace"))


def _main(dataset: str) -> None:
    # Not `penstock load`: that migrates too, for which the API's login lacks the rights.
    from penstock.stations.run import check, run_waiting

    with faults.told():
        together = datasets.landing_with(datasets.get(dataset))
        run_waiting(together)
        check(together)


if __name__ == "__main__":
    _main(sys.argv[1])

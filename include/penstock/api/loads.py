"""Loads waiting files on demand, in a process beside the API."""

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE

from penstock import datasets
from penstock.errors import faults
from penstock.settings import settings

log = logging.getLogger(__name__)


class Loads:
    """Runs one load at a time. Requests for a dataset that is already queued are merged."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()
        self._waiting: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()  # strong references: the event loop keeps none

    def start(self, dataset: str) -> None:
        """Queue a load of `dataset`. Returns at once; the ledger has the result.

        Does nothing if Airflow loads, because it detects files itself.
        """
        if settings().api_loads == "here" and dataset not in self._waiting:
            self._waiting.add(dataset)
            task = asyncio.create_task(self._load(dataset))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop the running load. The next load continues its work."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _load(self, dataset: str) -> None:
        async with self._one_at_a_time:
            self._waiting.remove(dataset)  # files that land from now on need another load
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, dataset, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
            )
            try:
                _, stderr = await process.communicate()
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
            if process.returncode:
                log.warning("load of %s: %s", dataset, stderr.decode(errors="replace"))


def _main(dataset: str) -> None:
    # Not `penstock load`, which also migrates: the API's login lacks the rights.
    from penstock.stations.run import check, run_waiting

    with faults.told():
        together = datasets.landing_with(datasets.get(dataset))
        run_waiting(together)
        check(together)


if __name__ == "__main__":
    _main(sys.argv[1])

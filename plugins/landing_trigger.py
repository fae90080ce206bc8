"""Triggers a dataset's DAG while files wait. Events are only hints: the ledger has the state."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

import warehouse_connection

_ARRIVED_SECONDS = 3.0  # between wake-ups while files wait in the landing zone
_POLL_FACTOR = 10.0  # pause, in durations of the poll: it uses at most a tenth of a core
_MAX_PAUSE = 10.0  # seconds: the first poll is slow, because it imports modules
_UNFINISHED_SECONDS = 30.0  # ... while files are in flight, in case their run failed


class LandingTrigger(BaseEventTrigger):
    """Fires at once when files wait, and repeatedly while they still do.

    Lost, duplicate or merged events are harmless: a run takes all files that wait when it starts.
    """

    def __init__(self, dataset: str, poll_seconds: float = 1) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's has no types
        self.dataset = dataset
        self.poll_seconds = poll_seconds
        self._has_failed = False

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and the arguments with which the triggerer recreates this trigger."""
        arguments = {"dataset": self.dataset, "poll_seconds": self.poll_seconds}
        return "landing_trigger.LandingTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll forever."""
        fired_at = float("-inf")
        while True:
            started_at = time.monotonic()
            pause = await asyncio.to_thread(self._interval)
            duration = time.monotonic() - started_at
            if pause is None:
                fired_at = float("-inf")
            elif time.monotonic() - fired_at >= pause:
                fired_at = time.monotonic()
                yield TriggerEvent({"dataset": self.dataset})
            await asyncio.sleep(max(self.poll_seconds, min(_POLL_FACTOR * duration, _MAX_PAUSE)))

    def _interval(self) -> float | None:
        """Return the seconds between events for the files that wait now; None if none do."""
        try:
            pause = self._poll()
        except Exception as error:  # a fault of the warehouse or the folder may be temporary
            if not self._has_failed:
                why = next(iter(str(error).splitlines()), type(error).__name__)
                self.log.warning("%s: cannot see what waits, trying on: %s", self.dataset, why)
            self._has_failed = True
            return None
        if self._has_failed:
            self.log.info("%s: sees again what waits", self.dataset)
        self._has_failed = False
        return pause

    def _poll(self) -> float | None:
        from penstock.stations import sense

        warehouse_connection.use_in_trigger()
        try:
            if sense.arrived(self.dataset):
                return _ARRIVED_SECONDS
        except OSError:  # part of the folder is unreadable: other files must not wait
            if not sense.unfinished(self.dataset):
                raise
        return _UNFINISHED_SECONDS if sense.unfinished(self.dataset) else None

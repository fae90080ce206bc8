"""Wakes a dataset's DAG while something waits for it. The truth is in the ledger, not in events."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

import warehouse_connection

_ARRIVED_SECONDS = 3.0  # between wake-ups while files wait in the landing zone
_REST = 10.0  # times what a look took: one at 10,000 files costs a core a tenth of its time at most
_LONGEST_REST = 10.0  # seconds: the first look imports much, and a busy machine is slow
_UNFINISHED_SECONDS = 30.0  # ... while files are on their way: a run has them, unless one broke


class LandingTrigger(BaseEventTrigger):
    """Fires at once when something waits, and again and again while it still does.

    A lost, doubled or merged event changes nothing: a run takes whatever waits when it begins.
    """

    def __init__(self, dataset: str, poll_seconds: float = 1) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's has no types
        self.dataset = dataset
        self.poll_seconds = poll_seconds
        self._is_away = False

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How the triggerer makes this trigger again: its class and arguments."""
        arguments = {"dataset": self.dataset, "poll_seconds": self.poll_seconds}
        return "landing_trigger.LandingTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll for ever."""
        fired_at = float("-inf")
        while True:
            began_at = time.monotonic()
            pause = await asyncio.to_thread(self._pause)
            took = time.monotonic() - began_at
            if pause is None:
                fired_at = float("-inf")
            elif time.monotonic() - fired_at >= pause:
                fired_at = time.monotonic()
                yield TriggerEvent({"dataset": self.dataset})
            await asyncio.sleep(max(self.poll_seconds, min(_REST * took, _LONGEST_REST)))

    def _pause(self) -> float | None:
        """Seconds between wake-ups for what waits now; None when nothing does."""
        try:
            pause = self._look()
        except Exception as error:  # whatever ails the warehouse or the folder today may pass
            if not self._is_away:
                why = next(iter(str(error).splitlines()), type(error).__name__)
                self.log.warning("%s: cannot see what waits, trying on: %s", self.dataset, why)
            self._is_away = True
            return None
        if self._is_away:
            self.log.info("%s: sees again what waits", self.dataset)
        self._is_away = False
        return pause

    def _look(self) -> float | None:
        from penstock.stations import sense

        warehouse_connection.use_in_trigger()
        try:
            if sense.arrived(self.dataset):
                return _ARRIVED_SECONDS
        except OSError:  # a part of the folder cannot be seen: that holds up nothing else
            if not sense.unfinished(self.dataset):
                raise
        return _UNFINISHED_SECONDS if sense.unfinished(self.dataset) else None

"""Measure how long each step of a load takes."""

import time
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Seconds by step."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, station: str) -> None:
        """Add the time since the last lap to `station`."""
        now = time.perf_counter()
        self.laps[station] = self.laps.get(station, 0.0) + now - self._last
        self._last = now

    def each(self, station: str, items: Iterator[T]) -> Iterator[T]:
        """Pass `items` on; the time to make them counts for `station`, not for the lap."""
        while True:
            start = time.perf_counter()
            item = next(items, None)
            taken = time.perf_counter() - start
            self.laps[station] = self.laps.get(station, 0.0) + taken
            self._last += taken
            if item is None:
                return
            yield item

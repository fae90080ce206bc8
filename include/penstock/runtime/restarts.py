"""Counts the recent deaths of a component, to delay restarts and to detect a crash loop."""

from collections import deque

_WINDOW_SECONDS = 600.0
_MAX_DELAY = 60.0
_LOOP_DEATHS = 5  # deaths in the window


class Restarts:
    """The deaths of one component. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque()
        self.due: float | None = None  # time of the next start, while it is dead

    def died(self, now: float) -> float:
        """Record a death; return the seconds to wait for the restart: 1, 2, 4, ... at most 60."""
        self._deaths.append(now)
        delay = min(_MAX_DELAY, 2.0 ** (self._recent(now) - 1))
        self.due = now + delay
        return delay

    def trouble(self, now: float) -> str | None:
        """Describe the crash loop; None if the component is not in one."""
        count = self._recent(now)
        if count < _LOOP_DEATHS:
            return None
        minutes = max(1, round((now - self._deaths[0]) / 60))
        return f"crash loop, {count} restarts in {minutes} min"

    def _recent(self, now: float) -> int:
        while self._deaths and self._deaths[0] < now - _WINDOW_SECONDS:
            self._deaths.popleft()
        return len(self._deaths)

"""How often a part of the system died of late, and what follows: a delay, a crash loop."""

from collections import deque

_WINDOW_SECONDS = 600.0
_LONGEST_DELAY = 60.0
_LOOP = 5  # deaths in the window


class Restarts:
    """The deaths of one part. Times are seconds of a clock that nobody sets."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque()
        self.due: float | None = None  # when it is to be started again, while it is dead

    def died(self, now: float) -> float:
        """Note a death; the seconds to wait: 1, 2, 4, ... at most 60."""
        self._deaths.append(now)
        delay = min(_LONGEST_DELAY, 2.0 ** (self._recent(now) - 1))
        self.due = now + delay
        return delay

    def trouble(self, now: float) -> str | None:
        """A crash loop, in words; None when it is none."""
        count = self._recent(now)
        if count < _LOOP:
            return None
        minutes = max(1, round((now - self._deaths[0]) / 60))
        return f"crash loop, {count} restarts in {minutes} min"

    def _recent(self, now: float) -> int:
        while self._deaths and self._deaths[0] < now - _WINDOW_SECONDS:
            self._deaths.popleft()
        return len(self._deaths)

"""Faults inside a process: errors of the file system below a folder, and a clock that is wrong.

Python imports this by itself where the folder is on PYTHONPATH; a forked process calls `install`.
What fails, how often, and by how much the clock is off stand in a JSON file, which may change at
any time: {"below": folder, "errors": ["EIO", ...], "share": 0.1, "clock": seconds}.
"""

import errno
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONTROL = "PENSTOCK_CHAOS_CONTROL"
_LOOK_SECONDS = 0.2
_PATH_EVENTS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.scandir", "os.utime"}
_DESCRIPTOR_CALLS = ("pread", "write", "writev", "fsync")


class _Plan:
    """What is to fail now; read again every moment."""

    def __init__(self, control: str) -> None:
        self._control = control
        self._read_at = float("-inf")
        self._found: dict[str, Any] = {}
        self._is_reading = False
        self._dice = random.Random()

    def found(self) -> dict[str, Any]:
        """The contents of the control file."""
        now = time.monotonic()
        if now - self._read_at > _LOOK_SECONDS and not self._is_reading:
            self._read_at, self._is_reading = now, True
            try:
                self._found = json.loads(Path(self._control).read_text())
            except (OSError, ValueError):
                self._found = {}
            self._is_reading = False
        return self._found

    def raise_for(self, path: object) -> None:
        """An OSError, if the dice say so and the path is below the folder."""
        if self._is_reading or not isinstance(path, str | bytes | os.PathLike):
            return
        plan = self.found()
        if not plan.get("errors") or not os.fsdecode(path).startswith(plan["below"]):
            return
        if self._dice.random() < plan["share"]:
            number = getattr(errno, self._dice.choice(plan["errors"]))
            raise OSError(number, os.strerror(number), os.fsdecode(path))


def install(control: str) -> None:
    """Let this process and its forks suffer what the control file says."""
    plan = _Plan(control)
    # Nobody can take a hook back: a fork of a process that has one must not install a second.
    sys.addaudithook(lambda event, args: _audit(plan, event, args))
    for name in _DESCRIPTOR_CALLS:
        setattr(os, name, _failing(plan, getattr(os, name)))
    for name, unit in (("time", 1), ("time_ns", 10**9)):
        setattr(time, name, _wrong(plan, getattr(time, name), unit))


def _audit(plan: _Plan, event: str, args: tuple[Any, ...]) -> None:
    if event in _PATH_EVENTS and args:
        plan.raise_for(args[0])


def _failing(plan: _Plan, call: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(descriptor: int, *rest: Any) -> Any:
        if plan.found().get("errors"):
            plan.raise_for(Path(f"/proc/self/fd/{descriptor}").readlink())
        return call(descriptor, *rest)

    return wrapped


def _wrong(plan: _Plan, clock: Callable[[], Any], unit: int) -> Callable[[], Any]:
    return lambda: clock() + int(plan.found().get("clock", 0)) * unit


if os.environ.get(CONTROL):
    install(os.environ[CONTROL])

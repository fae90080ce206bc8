"""How files come in: each way delivers all bytes in the end, some of them late."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock import datasets
from tests.chaos.content import MARTS, Content, make

_OTHER_USER = 65534
_SLOW_WRITER = """
import os, sys, time
descriptor, user, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
data = sys.stdin.buffer.read()
if os.geteuid() == 0:
    os.setuid(user)
for start in range(0, len(data), len(data) // 2 + 1):
    if start:
        time.sleep(pause)
    os.write(descriptor, data[start : start + len(data) // 2 + 1])
"""


@dataclass(frozen=True)
class Delivery:
    """Bytes that are to land at `target`; some ways pause for `pause` seconds in the middle."""

    dataset: str
    path: str
    target: Path
    data: bytes
    pause: float


Way = Callable[[Delivery], None]


def renamed(sent: Delivery) -> None:
    """Written aside, then renamed: the proper way."""
    draft = sent.target.with_name(f".{sent.target.name}.part")
    draft.write_bytes(sent.data)
    draft.rename(sent.target)


def copied(sent: Delivery) -> None:
    """Written in place by the same user."""
    sent.target.write_bytes(sent.data)


def by_another_user(sent: Delivery) -> None:
    """Written in place by a process of another user, which pauses in the middle."""
    draft = sent.target.with_name(f".{sent.target.name}.part")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    if os.geteuid() == 0:
        os.fchown(descriptor, _OTHER_USER, -1)
    draft.rename(sent.target)
    subprocess.run(
        [sys.executable, "-c", _SLOW_WRITER, str(descriptor), str(_OTHER_USER), str(sent.pause)],
        input=sent.data,
        pass_fds=[descriptor],
        check=True,
    )
    os.close(descriptor)


def hard_linked(sent: Delivery) -> None:
    """A second name of a file that its producer keeps, and goes on writing to after a pause."""
    kept = sent.target.parents[2] / "kept" / f"{sent.dataset}-{sent.target.name}"
    kept.parent.mkdir(exist_ok=True)
    middle = sent.data.rfind(b"\n", 0, len(sent.data) // 2) + 1
    kept.write_bytes(sent.data[:middle] or sent.data)
    sent.target.hardlink_to(kept)
    if middle:
        time.sleep(sent.pause)
        with kept.open("ab") as out:
            out.write(sent.data[middle:])


def sent_twice(sent: Delivery) -> None:
    """The same content under the same name again, a moment later."""
    renamed(sent)
    time.sleep(sent.pause)
    renamed(sent)


WAYS: tuple[Way, ...] = (renamed, copied, by_another_user, hard_linked, sent_twice)


class Background(threading.Thread):
    """Repeats `step` until it is stopped; what it raises is raised again where it is stopped.

    `least` turns are taken in any case.
    """

    least = 1

    def __init__(self, pause: float) -> None:
        super().__init__(daemon=True)
        self._pause_between, self._is_over = pause, threading.Event()
        self._fault: Exception | None = None

    def step(self, number: int) -> None:
        """What is done at each turn; `number` counts them from 0."""
        raise NotImplementedError

    def run(self) -> None:
        number = 0
        try:
            while number < self.least or not self._is_over.is_set():
                self.step(number)
                number += 1
                self._is_over.wait(self._pause_between)
        except Exception as error:
            self._fault = error

    def stop(self) -> None:
        """Wait until the last turn is over."""
        self._is_over.set()
        self.join()
        if self._fault:
            raise self._fault


class Sender(Background):
    """Delivers files of all datasets in all ways, one after the other."""

    least = len(MARTS)

    def __init__(
        self, landing: Path, luck: random.Random, pause: float, ways: Sequence[Way] = WAYS
    ) -> None:
        super().__init__(pause=0.1)
        self._landing, self._luck, self._pause, self._ways = landing, luck, pause, ways
        self.sent: dict[str, list[Content]] = {name: [] for name in MARTS}

    def step(self, number: int) -> None:
        """Deliver one file."""
        self._deliver(list(MARTS)[number % len(MARTS)], number // len(MARTS))

    def _deliver(self, dataset: str, number: int) -> None:
        content = make(dataset, number, self._luck)
        target = self._landing / datasets.get(dataset).folder / content.path
        target.parent.mkdir(parents=True, exist_ok=True)
        pause = self._luck.uniform(0, self._pause)
        self._luck.choice(self._ways)(Delivery(dataset, content.path, target, content.data, pause))
        self.sent[dataset].append(content)

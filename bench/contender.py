"""Runs one loader in a process of its own: its seconds, and the memory of its process tree."""

import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Measured:
    """One run. `said` is what the process reported.

    Memory is in MiB, of the largest process and of all together, the server's not included. Pages
    that processes share are divided among them (Linux' PSS), so that none counts twice.
    """

    said: dict[str, Any]
    peak_process: float
    peak_tree: float

    @property
    def seconds(self) -> float:
        return float(self.said["seconds"])


class Watch(threading.Thread):
    """Looks at the memory of a process and its descendants until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_process = self.peak_tree = 0.0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._pid)
            while not self._over.wait(_SAMPLE_SECONDS):
                self._look([root, *root.children(recursive=True)])

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self.join()

    def _look(self, processes: list[psutil.Process]) -> None:
        sizes = [0.0]
        for process in processes:
            with suppress(FileNotFoundError, ProcessLookupError):
                sizes.append(proportional_mib(process.pid))
        self.peak_process = max(self.peak_process, *sizes)
        self.peak_tree = max(self.peak_tree, sum(sizes))


def proportional_mib(pid: int) -> float:
    """The memory of a process, of what it shares only its part; 0 when it is ending."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def run(command: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Run `command`, whose last line of output is JSON.

    Raises:
        RuntimeError: it failed; the message holds what it wrote.
    """
    process = subprocess.Popen(
        command,
        env=os.environ | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = Watch(process.pid)
    watch.start()
    out, err = process.communicate()
    watch.stop()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{out[-2000:]}{err[-4000:]}")
    return Measured(json.loads(out.splitlines()[-1]), watch.peak_process, watch.peak_tree)

"""Run one loader in its own process; measure its seconds and the memory of its process tree."""

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
    """One run. `output` is the JSON that the process printed.

    Memory is the peak in MiB: of the largest process, and of all processes without the server.
    Shared pages are divided among the processes that share them (PSS), so none counts twice.
    """

    output: dict[str, Any]
    peak_process: float
    peak_tree: float

    @property
    def seconds(self) -> float:
        return float(self.output["seconds"])


class Watch(threading.Thread):
    """Samples the memory of a process and its descendants until it is stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_process = self.peak_tree = 0.0
        self._pid = pid
        self._stop_requested = threading.Event()

    def run(self) -> None:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._pid)
            while not self._stop_requested.wait(_SAMPLE_SECONDS):
                self._sample([root, *root.children(recursive=True)])

    def stop(self) -> None:
        """End the thread."""
        self._stop_requested.set()
        self.join()

    def _sample(self, processes: list[psutil.Process]) -> None:
        sizes = [0.0]
        for process in processes:
            with suppress(FileNotFoundError, ProcessLookupError):
                sizes.append(proportional_mib(process.pid))
        self.peak_process = max(self.peak_process, *sizes)
        self.peak_tree = max(self.peak_tree, sum(sizes))


def proportional_mib(pid: int) -> float:
    """The memory of a process in MiB, with its share of shared pages; 0 if it is ending."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def run(command: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Run and measure `command`, whose last line of output is JSON.

    Raises:
        RuntimeError: it failed; the message contains its output.
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

"""The engine that loads in `workers` forked processes; each claims blocks from the ledger."""

import gc
import logging
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from penstock.errors import HostFault, faults
from penstock.errors.faults import Fault
from penstock.settings import settings
from penstock.stations.batch import LoadReport
from penstock.stations.batches import OnBatch, drain
from penstock.stations.engines.memory import keep_freed_memory
from penstock.stations.held import Note, count_deaths, killed
from penstock.stations.plan import Part
from penstock.validate import warm

log = logging.getLogger(__name__)
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Worker:
    """A loading process, its reports, and the note of what it holds."""

    process: BaseProcess
    pipe: Pipe
    note: Note


def run(dataset: str, part: Part, on_batch: OnBatch) -> None:
    """Load `part` with `workers` processes, and end them all whatever happens.

    When one is killed the others go on: what it held is free again.

    Raises:
        HostFault: a worker failed, or was killed.
    """
    warm()  # once here, and not in every worker
    workers = [_start(dataset, part) for _ in range(settings().workers)]
    try:
        deaths = [killed(code) for code in _listen(workers, on_batch)]
    finally:
        for worker in workers:
            _end(worker)
    if deaths:
        raise HostFault(deaths[0])


def _start(dataset: str, part: Part) -> Worker:
    ours, theirs = _FORK.Pipe(duplex=False)
    note = Note()
    process = _FORK.Process(target=_work, args=(dataset, part, note, theirs), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours, note)


def _end(worker: Worker) -> None:
    if worker.process.is_alive():
        worker.process.terminate()
        worker.process.join()
        worker.note.remove()
    worker.process.join()
    worker.pipe.close()


def _work(dataset: str, part: Part, note: Note, pipe: Pipe) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the parent's handlers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    gc.freeze()  # a collection would touch, and so copy, every page shared with the parent
    try:
        drain(dataset, part, pipe.send, note)
    except Exception as error:
        if faults.sort(error) is Fault.BUG:
            log.exception("a loading process failed")
        pipe.send(faults.line(error))
        raise SystemExit(1) from error


def _listen(workers: list[Worker], on_batch: OnBatch) -> Iterator[int]:
    """Pass reports on until all workers are done; yield the exit codes of those killed.

    Raises:
        HostFault: a worker failed.
    """
    open_pipes = {worker.pipe: worker.process for worker in workers}
    while open_pipes:
        for pipe in wait(list(open_pipes)):
            assert isinstance(pipe, Pipe)  # noqa: S101 - only pipes were waited for
            try:
                message = pipe.recv()
            except EOFError:  # the kernel closes a dead worker's end: a kill is seen at once
                process = open_pipes.pop(pipe)
                process.join()
                if process.exitcode:
                    count_deaths()  # before another worker takes what it held
                    yield process.exitcode
                continue
            if not isinstance(message, LoadReport):
                raise HostFault(f"a loading process failed: {message}")
            on_batch(message)

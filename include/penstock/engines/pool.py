"""Loads in as many forked processes as the settings say; each takes blocks from the ledger."""

import gc
import multiprocessing
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from penstock.engines.memory import keep_freed_memory
from penstock.errors import PenstockError
from penstock.load import LoadReport, OnBatch, drain
from penstock.plan import Part
from penstock.settings import settings
from penstock.validate import warm

_FORK = multiprocessing.get_context("fork")


def run(dataset: str, part: Part, on_batch: OnBatch) -> None:
    """Load `part` with `workers` processes, and end them all whatever happens.

    Raises:
        PenstockError: a worker failed or was killed; the blocks it held are free again.
    """
    warm()  # once here, and not in every worker
    workers = [_start(dataset, part) for _ in range(settings().workers)]
    try:
        for failure in _listen(workers, on_batch):
            raise PenstockError(failure)
    finally:
        for process, pipe in workers:
            if process.is_alive():
                process.terminate()
            process.join()
            pipe.close()


def _start(dataset: str, part: Part) -> tuple[BaseProcess, Pipe]:
    ours, theirs = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_work, args=(dataset, part, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _work(dataset: str, part: Part, pipe: Pipe) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's handlers are not ours
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    gc.freeze()  # a collection would touch, and so copy, every page shared with the parent
    try:
        drain(dataset, part, pipe.send)
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
        raise SystemExit(1) from error


def _listen(workers: list[tuple[BaseProcess, Pipe]], on_batch: OnBatch) -> Iterator[str]:
    """Pass reports on until all workers are done; yields what went wrong, if something did."""
    open_pipes = {pipe: process for process, pipe in workers}
    while open_pipes:
        for pipe in wait(list(open_pipes)):
            assert isinstance(pipe, Pipe)  # noqa: S101 - only pipes were waited for
            try:
                said = pipe.recv()
            except EOFError:  # the kernel closes a dead worker's end: a kill is seen at once
                process = open_pipes.pop(pipe)
                process.join()
                if process.exitcode:
                    yield f"a loading process ended with code {process.exitcode}"
                continue
            if isinstance(said, LoadReport):
                on_batch(said)
            else:
                yield f"a loading process failed: {said}"

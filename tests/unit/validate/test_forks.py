"""Validation in forked workers, as the pool runs it."""

import os
import signal

from tqdm.auto import tqdm

from penstock.datasets import get
from penstock.validate import validate, warm
from tests.unit.texts import texts


def _fork(work) -> int:
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    return child


def _die_inside_a_progress_bar() -> None:
    tqdm.get_lock().acquire()
    os.kill(os.getpid(), signal.SIGKILL)


def _validate() -> None:
    signal.alarm(60)  # ends the child when it hangs
    columns = [column.name for column in get("events").columns]
    assert len(validate(get("events"), texts({c: ["x"] for c in columns})).good) == 1


def test_a_worker_killed_inside_great_expectations_does_not_block_the_others() -> None:
    warm()
    os.waitpid(_fork(_die_inside_a_progress_bar), 0)
    _, status = os.waitpid(_fork(_validate), 0)
    assert status == 0

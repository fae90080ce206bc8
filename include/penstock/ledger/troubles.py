"""Faults that keep a file from being read or loaded."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from penstock.errors import faults
from penstock.errors.display import visible
from penstock.errors.faults import Fault

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """A fault and the line that describes it."""

    fault: Fault
    line: str


def to_trouble(error: Exception, where: object) -> Trouble:
    """Classify and log the `error` of the file at `where`; log a bug with its traceback."""
    found = Trouble(faults.sort(error), visible(faults.line(error, where)))
    if found.fault is Fault.BUG:
        log.exception("%s: a bug", visible(str(where)))
    else:
        log.warning("%s", found.line)
    return found


@contextmanager
def collecting(troubles: dict[int, Trouble], file_id: int, where: object) -> Iterator[None]:
    """Add an error of one file to `troubles`, so that the other files continue.

    Raises:
        Exception: a fault of the warehouse, which concerns all files.
    """
    try:
        yield
    except Exception as error:
        if faults.sort(error) is Fault.WAREHOUSE:
            raise
        troubles[file_id] = to_trouble(error, where)

"""Log the progress of a load: a line every few seconds, not one per batch."""

import logging
import time

from penstock.stations.batch import LoadReport
from penstock.stations.batches import OnBatch
from penstock.stations.plan import Part

log = logging.getLogger(__name__)
MIB = 1024 * 1024


def logged(part: Part, every_seconds: float = 5.0) -> OnBatch:
    """A progress callback that logs rows, MiB, MiB/s and the time left, and always the end."""
    start = last = time.monotonic()

    def log_progress(done: LoadReport) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < every_seconds and done.bytes < part["bytes"]:
            return
        last = now
        speed = done.bytes / max(now - start, 1e-3)
        log.info(
            "%s rows, %s quarantined; %.0f of %.0f MiB, %.0f MiB/s, %.0f s left",
            f"{done.rows_good:,}",
            f"{done.rows_bad:,}",
            done.bytes / MIB,
            part["bytes"] / MIB,
            speed / MIB,
            (part["bytes"] - done.bytes) / speed if speed else 0,
        )

    return log_progress

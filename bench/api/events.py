"""A file of events, one each second in a shuffled order, and questions for a thousand of them."""

import http.client
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.api.servers import PORT

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
RANGE = 1000  # seconds, and so events
CHUNK = 500_000
_STRIDE = 4_294_967_291  # a prime: times as many as there are events come in no order


def generate(path: Path, count: int) -> Path:
    """Write `count` events, unless they are there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        with partial.open("wb") as out:
            for start in range(0, count, CHUNK):
                lines = _lines(np.arange(start, min(start + CHUNK, count)), count)
                out.write(lines.buffers()[2])  # the bytes of all lines, one after the other
        partial.rename(path)
    return path


def _lines(numbers: np.ndarray, count: int) -> pa.Array:
    seconds = numbers * _STRIDE % count + int(BEGIN.timestamp())
    instants = pc.strftime(pa.array(seconds, pa.timestamp("s")), "%Y-%m-%dT%H:%M:%SZ")
    number = pc.cast(pa.array(numbers), pa.string())
    email = pc.binary_join_element_wise("user", number, "@example.org", "")
    session = pc.binary_join_element_wise("session-0000-0000-", number, "\n", "")
    return pc.binary_join_element_wise(instants, email, session, " ")


def ask(key: str, filename: str, count: int, times: int) -> dict[str, float]:
    """How long a range of a thousand events takes, in ms, asked for one after the other.

    Raises:
        RuntimeError: an answer was not what it had to be.
    """
    taken = list(_ask(key, filename, count, times))
    return {
        "p50_ms": round(median(taken), 2),
        "p99_ms": round(quantiles(taken, n=100)[98], 2),
        "events": count,
    }


def _ask(key: str, filename: str, count: int, times: int) -> Iterator[float]:
    server = http.client.HTTPConnection("127.0.0.1", PORT)
    for start in np.random.default_rng(1).integers(0, count - RANGE, times):
        first = BEGIN + timedelta(seconds=int(start))
        last = first + timedelta(seconds=RANGE - 1)
        path = (
            f"/events?filename={filename}&limit={RANGE}"
            f"&from={first:%Y-%m-%dT%H:%M:%SZ}&to={last:%Y-%m-%dT%H:%M:%SZ}"
        )
        began = time.perf_counter()
        server.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        body = server.getresponse().read()
        yield (time.perf_counter() - began) * 1000
        if (found := len(json.loads(body)["items"])) != RANGE:
            raise RuntimeError(f"{path}: {found} events, expected {RANGE}")

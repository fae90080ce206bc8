"""How long the server takes for each page, and how much it sends, at full size."""

import http.client
import time
from statistics import median, quantiles
from urllib.parse import urlencode

from bench.api.servers import PORT

# A plain list: a new page adds its address here.
ADDRESSES = (
    "/", "/files", "/files?path=e&sort=size", "/files/1", "/quarantine", "/upload",
    "/events", "/events?file=events-10000000.txt",
    "/events?from=2000-01-03T00:00&to=2000-01-07T00:00",
    "/products", "/products?search=a", "/products?search=lion", "/products?search=apple+bag",
    "/votes", "/access-log", "/articles", "/chains", "/people",
    "/datasets", "/datasets/events", "/datasets/products", "/docs",
)  # fmt: skip


def ask(key: str, times: int) -> dict[str, dict[str, float]]:
    """Median and p95 in ms, and the compressed bytes, of each page, asked for one by one.

    Raises:
        RuntimeError: an answer is not a page.
    """
    server = http.client.HTTPConnection("127.0.0.1", PORT)
    headers = {"Cookie": _log_in(server, key), "Accept-Encoding": "gzip"}
    return {f"Page /ui{path}": _figures(server, path, headers, times) for path in ADDRESSES}


def _figures(
    server: http.client.HTTPConnection, path: str, headers: dict[str, str], times: int
) -> dict[str, float]:
    taken, size = [], 0
    for _ in range(times):
        began = time.perf_counter()
        server.request("GET", f"/ui{path}", headers=headers)
        answer = server.getresponse()
        size = len(answer.read())
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"/ui{path}: {answer.status}")
    return {
        "p50_ms": round(median(taken), 1),
        "p95_ms": round(quantiles(taken, n=20)[18], 1),
        "first_ms": round(taken[0], 1),
        "bytes": size,
    }


def _log_in(server: http.client.HTTPConnection, key: str) -> str:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    server.request("POST", "/ui/login", urlencode({"key": key}), form)
    answer = server.getresponse()
    answer.read()
    cookie = answer.getheader("Set-Cookie", "").partition(";")[0]
    if not cookie:
        raise RuntimeError(f"the login answered {answer.status}")
    return cookie

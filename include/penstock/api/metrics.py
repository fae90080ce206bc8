"""Collects Prometheus metrics, summed over all workers of `penstock serve`."""

import os
from collections.abc import Mapping
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the folder where the library shares counts among processes

_registry = CollectorRegistry()
_requests = Counter(
    "penstock_api_requests",
    "Requests answered.",
    ["method", "route", "status"],
    registry=_registry,
)
_seconds = Histogram(
    "penstock_api_request_seconds",
    "From a request's arrival to the end of its answer.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=_registry,
)
uploaded_bytes = Counter(
    "penstock_api_uploaded_bytes", "Bytes landed by uploads.", ["dataset"], registry=_registry
)
votes = Counter("penstock_api_votes", "Votes made durable.", registry=_registry)
_children: dict[tuple[str, str, int], tuple[Any, Any]] = {}  # a cache: label lookup is slow


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request. `route` is the path's pattern, which limits the number of labels."""
    key = (method, route, status)
    if key not in _children:
        _children[key] = _requests.labels(*key), _seconds.labels(method, route)
    count, histogram = _children[key]
    count.inc()
    histogram.observe(seconds)


def exposition() -> bytes:
    """Return all metrics in Prometheus's text format."""
    if FOLDER not in os.environ:
        return generate_latest(_registry)
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)
    return generate_latest(together)


def landing(waiting: Mapping[tuple[str, str], int]) -> bytes:
    """Return a gauge of the waiting files in the landing zone, by dataset and kind."""
    registry = CollectorRegistry()
    gauge = Gauge(
        "penstock_landing_waiting",
        "Files in the landing zone that are not taken, or not yet, by the kind of reason.",
        ["dataset", "kind"],
        registry=registry,
    )
    for labels, count in waiting.items():
        gauge.labels(*labels).set(count)
    return generate_latest(registry)

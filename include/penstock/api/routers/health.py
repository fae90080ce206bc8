"""Routes of health checks and metrics."""

import asyncio

import psycopg
from fastapi import Response
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field

from penstock.api import metrics
from penstock.api.auth import needs
from penstock.api.errors import RETRY_SECONDS, ApiError, responses
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.arrivals import untaken

_WAITING_SECONDS = 30.0  # between two scans of the landing zone

router = Router(tags=["health"])


class Health(BaseModel):
    """The answer to a probe."""

    status: str = Field(examples=["ok"])


@router.get("/health/live")
async def live() -> Health:
    """Answer that the process runs. Needs no key."""
    return Health(status="ok")


@router.get("/health/ready", responses=responses(503))
async def ready(services: Provided) -> Health:
    """Check that the warehouse answers. Needs no key."""
    try:
        async with asyncio.timeout(1):
            await services.database.row("SELECT 1")
    except (psycopg.Error, PoolTimeout, TimeoutError):
        retry = {"Retry-After": str(RETRY_SECONDS)}
        raise ApiError(503, "the warehouse does not answer", headers=retry) from None
    return Health(status="ok")


@router.get("/metrics", dependencies=[needs(Scope.METRICS)], response_class=Response)
async def scrape(services: Provided) -> Response:
    """Return metrics for Prometheus, of all workers; those of the landing zone are seconds old."""
    waiting = await services.cache.keep("untaken", _WAITING_SECONDS, _count_waiting)
    return Response(
        metrics.exposition() + metrics.landing(waiting),
        headers={"Content-Type": metrics.CONTENT_TYPE},
    )


async def _count_waiting() -> dict[tuple[str, str], int]:
    return untaken.counts(await asyncio.to_thread(untaken.find))

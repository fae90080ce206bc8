"""Routes of access logs: requests in total, by host and by country."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from penstock.api.auth import needs
from penstock.api.between import Between
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided

router = Router(prefix="/access-log", tags=["access log"], dependencies=[needs(Scope.READ)])


class Totals(BaseModel):
    """The number of all requests, and the first and last day (UTC)."""

    requests: int = Field(examples=[3461612])
    first_day: date | None = Field(examples=["1995-07-01"])
    last_day: date | None = Field(examples=["1995-08-31"])


class Host(BaseModel):
    """A host, and the number of its requests."""

    host: str = Field(examples=["in24.inetnebr.com"])
    requests: int = Field(examples=[1839])


class Country(BaseModel):
    """A country by its ISO 3166 code; `ZZ` if it is unknown from the host's name and address."""

    country: str = Field(examples=["JP"])
    requests: int = Field(examples=[1839])
    hosts: int = Field(examples=[12])


_TOTALS = """
SELECT coalesce(sum(requests), 0)::bigint AS requests, min(day) AS first_day, max(day) AS last_day
FROM marts.access_log_countries_daily
"""
HOSTS = """
SELECT host, requests FROM marts.access_log_top_hosts(
    %(top)s, coalesce(%(since)s, timestamptz '-infinity'),
    coalesce(%(until)s, timestamptz 'infinity'))
"""
COUNTRIES = """
SELECT country, requests, hosts FROM marts.access_log_countries(
    %(top)s, coalesce(%(since)s, timestamptz '-infinity'),
    coalesce(%(until)s, timestamptz 'infinity'))
"""


@router.get("/totals", response_model=Totals)
async def totals(request: Request, services: Provided) -> Response:
    """Count all requests."""

    async def make() -> dict[str, Any]:
        none = {"requests": 0, "first_day": None, "last_day": None}
        return await services.database.row(_TOTALS) or none

    return await services.cache.answer(request, ("access_log",), make)


@router.get("/top-hosts", response_model=list[Host])
async def top_hosts(
    request: Request,
    services: Provided,
    between: Between,
    top: Annotated[int, Query(ge=1, le=1000, description="How many hosts.")] = 10,
) -> Response:
    """List the hosts with the most requests between two instants."""
    asked = {"top": top, "since": between.since, "until": between.until}
    return await services.cache.answer(
        request, ("access_log",), lambda: services.database.rows(HOSTS, asked)
    )


@router.get("/countries", response_model=list[Country])
async def countries(
    request: Request,
    services: Provided,
    between: Between,
    top: Annotated[
        int | None,
        Query(ge=1, le=1_000_000, description="Count only this many of the busiest hosts."),
    ] = None,
) -> Response:
    """List countries by the requests of their hosts between two instants, the largest first."""
    asked = {"top": top, "since": between.since, "until": between.until}
    return await services.cache.answer(
        request, ("access_log",), lambda: services.database.rows(COUNTRIES, asked)
    )

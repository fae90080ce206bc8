"""Routes of complete step chains: longest, highest, containing a value, one chain and its plot.

Values can exceed 2^64. They are exact numbers of any size here.
"""

import asyncio
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from penstock.api import charts, paging, plots
from penstock.api.answers import Json
from penstock.api.auth import needs
from penstock.api.database import Database
from penstock.api.database import Query as Sql
from penstock.api.errors import not_found, responses
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided

router = Router(prefix="/chains", tags=["step chains"], dependencies=[needs(Scope.READ)])

Number = Annotated[int, Path(ge=1, lt=2**63, description="The first number of the chain.")]
Value = Annotated[  # as text: OpenAPI's numbers end at 64 bits
    str, Path(pattern="^[1-9][0-9]{0,99}$", description="A value in a chain.", examples=["52"])
]
Top = Annotated[int, Query(ge=1, le=1000, description="How many chains.")]


class Chain(BaseModel):
    """A chain from `number` down to 1: the number of its steps and its highest value."""

    number: int = Field(examples=[27])
    steps: int = Field(examples=[111])
    peak: int = Field(examples=[9232])


class WholeChain(Chain):
    """A chain with its values: the first is the number itself, the last is 1."""

    values: list[int]


class Holder(BaseModel):
    """A number whose chain contains the value, and the step of the value."""

    number: int = Field(examples=[17])
    step: int = Field(examples=[2])


class Holders(BaseModel):
    """A page of numbers whose chains contain a value."""

    items: list[Holder]
    next: str | None = Field(description="The next page's cursor; null on the last page.")


_CHAIN = "SELECT number, steps, peak FROM marts.step_chain_summary WHERE complete "
LONGEST = _CHAIN + "ORDER BY steps DESC, number LIMIT %s"
HIGHEST = _CHAIN + "ORDER BY peak DESC, number LIMIT %s"
_ONE = _CHAIN + "AND number = %s"
VALUES = "SELECT step, value FROM marts.step_chains WHERE number = %s ORDER BY step"
HOLDERS = """
SELECT number, step FROM marts.step_chains JOIN marts.step_chain_summary USING (number)
WHERE complete AND value = %(value)s AND number <> %(value)s AND number > %(after)s
ORDER BY number LIMIT %(limit)s
"""


@router.get("/longest", response_model=list[Chain])
async def longest(request: Request, services: Provided, top: Top = 1) -> Response:
    """List the chains with the most steps."""
    return await _top(request, services, LONGEST, top)


@router.get("/highest", response_model=list[Chain])
async def highest(request: Request, services: Provided, top: Top = 1) -> Response:
    """List the chains that reach the highest values."""
    return await _top(request, services, HIGHEST, top)


@router.get("/containing/{value}", response_model=Holders)
async def containing(
    services: Provided,
    value: Value,
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> Json:
    """List the other numbers whose chains contain a value."""
    (after,) = paging.after(cursor, int) or (0,)
    asked = {"value": int(value), "after": after, "limit": limit + 1}
    rows = await services.database.rows(HOLDERS, asked)
    return Json(paging.page(rows, limit, "number"))


@router.get("/{number}", response_model=WholeChain, responses=responses(404))
async def one_chain(services: Provided, number: Number) -> Json:
    """Return the chain of a number, step by step."""
    return Json(await _chain(services.database, number))


@router.get(
    "/{number}/plot.svg",
    response_class=Response,
    responses={**plots.documented("svg"), **responses(404)},
)
async def plot_svg(request: Request, services: Provided, number: Number) -> Response:
    """Plot the chain of a number, as SVG."""
    return await plot(request, services, number, "svg")


@router.get(
    "/{number}/plot.png",
    response_class=Response,
    responses={**plots.documented("png"), **responses(404)},
)
async def plot_png(request: Request, services: Provided, number: Number) -> Response:
    """Plot the chain of a number, as PNG."""
    return await plot(request, services, number, "png")


async def plot(request: Request, services: Provided, number: int, form: charts.Format) -> Response:
    """Plot the chain of a number.

    Raises:
        ApiError: 404, the chain is unknown or incomplete.
    """

    async def draw() -> bytes:
        values = (await _chain(services.database, number))["values"]
        return await asyncio.to_thread(charts.chain, number, values, form)

    return await plots.answer(request, services, "step_chains", f"chain-{number}", form, draw)


async def _top(request: Request, services: Provided, query: Sql, top: int) -> Response:
    return await services.cache.answer(
        request, ("step_chains",), lambda: services.database.rows(query, [top])
    )


async def find(database: Database, number: int) -> dict[str, Any] | None:
    """Return the chain of a number in the shape of `WholeChain`; None if it is not complete."""
    chain = await database.row(_ONE, [number])
    if chain is None:
        return None
    values = await database.rows(VALUES, [number])
    return chain | {"values": [row["value"] for row in values]}


async def _chain(database: Database, number: int) -> dict[str, Any]:
    chain = await find(database, number)
    if chain is None:
        raise not_found(f"chain {number}")
    return chain

"""The page of step chains: the longest, the highest, one drawn, and who holds a value."""

from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from penstock.api import paging
from penstock.api.routers import chains
from penstock.api.services import Provided
from penstock.site import downloads
from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages()

Number = Annotated[int | None, Query(ge=1, lt=2**63)]
Value = Annotated[str | None, Query(pattern="^[1-9][0-9]{0,99}$")]

_TOP = 10
_HOLDERS = 50
_LENGTHS = "SELECT steps, chains FROM marts.step_chain_lengths ORDER BY steps"
_BINS = 60
_FILES = {
    "longest": (chains.LONGEST, ("number", "steps", "peak")),
    "highest": (chains.HIGHEST, ("number", "steps", "peak")),
}


@router.get("/chains")
async def show(
    request: Request,
    services: Provided,
    number: Number = None,
    value: Value = None,
    cursor: paging.Cursor = None,
) -> Response:
    """Show the longest and highest chains, the chain of a number, and the holders of a value."""
    database = services.database
    longest = await database.rows(chains.LONGEST, [_TOP])
    shown = number or (longest[0]["number"] if longest else None)
    lengths = _binned(await database.rows(_LENGTHS))
    return render(
        request,
        "chains.html",
        longest=longest,
        highest=await database.rows(chains.HIGHEST, [_TOP]),
        number=number,
        chain=await chains.find(database, shown) if shown else None,
        value=value,
        holders=await _holders(services, value, cursor),
        lengths=lengths,
        paged=cursor is not None,
        filters={"number": number, "value": value},
    )


@router.get("/chains/{number}/values.csv")
async def values(services: Provided, number: chains.Number) -> Response:
    """Return the chain of a number as CSV, each value exact."""
    name = f"chain-{number}.csv"
    return downloads.csv(services.database, chains.VALUES, [number], ("step", "value"), name)


@router.get("/chains/{what}.csv")
async def download(services: Provided, what: downloads.OneOf) -> Response:
    """Return the 1,000 longest or highest chains as CSV."""
    query, columns = downloads.find(_FILES, what)
    return downloads.csv(services.database, query, [1000], columns, f"{what}-chains.csv")


async def _holders(services: Provided, value: str | None, cursor: str | None) -> dict[str, Any]:
    if value is None:
        return {"items": [], "next": None}
    (after,) = paging.after(cursor, int) or (0,)
    asked = {"value": int(value), "after": after, "limit": _HOLDERS + 1}
    rows = await services.database.rows(chains.HOLDERS, asked)
    return paging.page(rows, _HOLDERS, "number")


def _binned(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Count chains by their steps, in at most `_BINS` ranges of the same width."""
    if not rows:
        return {}
    width = rows[-1]["steps"] // _BINS + 1
    counts = dict.fromkeys(range(rows[-1]["steps"] // width + 1), 0)
    for row in rows:
        counts[row["steps"] // width] += row["chains"]
    return {
        str(n) if width == 1 else f"{n * width} to {(n + 1) * width - 1}": chains
        for n, chains in counts.items()
    }

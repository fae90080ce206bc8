"""Routes of votes. A confirmed vote is on disk and counts once."""

from datetime import UTC, datetime
from functools import cache, partial
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import BaseModel, Field

from penstock.api import metrics
from penstock.api.answers import encode
from penstock.api.auth import needs
from penstock.api.database import Database
from penstock.api.errors import ApiError, invalid
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.api.times import Instant
from penstock.datasets.votes import candidates
from penstock.settings import settings

router = Router(tags=["votes"])

_RESULTS = """
SELECT candidate, name, total_votes, last_10_minutes_votes, last_vote_time
FROM marts.vote_distribution ORDER BY candidate
"""
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Vote(BaseModel):
    """A vote to cast. Votes with the same time and kiosk count once."""

    candidate: str = Field(examples=["1"])
    vote_time: Annotated[Instant, Field(ge=_FIRST, lt=_LAST)] | None = Field(
        None,
        description="When it was cast, to the microsecond. Default: when the request arrived.",
        examples=["2026-01-31T12:00:00.000001Z"],
    )
    kiosk_id: int = Field(
        default_factory=lambda: settings().api_kiosk_id,
        strict=True,
        ge=0,
        le=2**31 - 1,
        description="Default: the kiosk of the server.",
        examples=[7],
    )


class Counted(BaseModel):
    """A counted vote."""

    candidate: str = Field(examples=["1"])
    name: str = Field(examples=["chips"])
    vote_time: datetime = Field(examples=["2026-01-31T12:00:00.000001Z"])
    kiosk_id: int = Field(examples=[7])


class Standing(BaseModel):
    """The votes of a candidate."""

    candidate: str = Field(examples=["1"])
    name: str = Field(examples=["chips"])
    total_votes: int = Field(examples=[3])
    last_10_minutes_votes: int = Field(examples=[1])
    last_vote_time: datetime | None


class Results(BaseModel):
    """The votes of all candidates at `last_update_time`."""

    last_update_time: datetime
    candidates: list[Standing]


@router.post("/votes", status_code=201, dependencies=[needs(Scope.VOTE)])
async def cast(vote: Vote, services: Provided) -> Counted:
    """Cast a vote. Once answered, it counts, whatever crashes."""
    name = names().get(vote.candidate)
    if name is None:
        known = ", ".join(f"{key} ({name})" for key, name in names().items())
        raise invalid("body.candidate", f"expected one of {known}")
    at = (vote.vote_time or services.spool.now()).astimezone(UTC)
    row = {"candidate": vote.candidate, "vote_time": at, "kiosk_id": vote.kiosk_id}
    try:
        await services.spool.add(encode(row) + b"\n")
    except OSError as error:
        text = f"the vote is not kept ({error.strerror or error}); cast it again"
        raise ApiError(503, text, headers={"Retry-After": "1"}) from error
    metrics.votes.inc()
    return Counted(name=name, **row)


@router.get("/votes/distribution", response_model=Results, dependencies=[needs(Scope.READ)])
async def distribution(request: Request, services: Provided) -> Response:
    """Count the votes of all time and of the last ten minutes, by candidate."""
    make = partial(results, services.database)
    return await services.cache.answer(request, ("votes",), make, seconds=1)


async def results(database: Database) -> dict[str, Any]:
    """Return the votes of every candidate, in the shape of `Results`."""
    rows = await database.rows(_RESULTS) or [
        {"candidate": key, "name": name, "total_votes": 0, "last_10_minutes_votes": 0}
        | {"last_vote_time": None}
        for key, name in names().items()
    ]
    return {"last_update_time": datetime.now(UTC), "candidates": rows}


@cache
def names() -> dict[str, str]:
    """Return the candidates' names, by candidate."""
    return candidates()

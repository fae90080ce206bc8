"""What the clients of the old systems ask, under the old paths and in the old shapes.

Where an old answer was wrong (a traceback, a 200 for a failure, a 500 for an empty table) the right
status and the one error shape take its place. New clients use the other routes.
"""

from datetime import date, datetime
from typing import Any, Literal

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from psycopg import sql
from pydantic import BaseModel, Field

from penstock.api.answers import Json, json_array
from penstock.api.auth import needs
from penstock.api.database import Row
from penstock.api.errors import ApiError, not_found, responses
from penstock.api.keys import Scope
from penstock.api.routers import chains, events, people, votes
from penstock.api.routing import Router
from penstock.api.services import Provided

router = Router(tags=["old clients"])
_READ = [needs(Scope.READ)]


class OldEvent(BaseModel):
    """An event, named as it was."""

    event_time: datetime = Field(alias="eventTime", examples=["2000-01-01T23:59:04Z"])
    email: str = Field(examples=["dana@example.com"])
    session_id: str = Field(alias="sessionId")


class OldVote(BaseModel):
    """A vote, cast now."""

    candidate: str = Field(examples=["1"])


class Success(BaseModel):
    """What an old client takes for done."""

    status: Literal["SUCCESS"] = "SUCCESS"
    payload: str = Field(
        examples=["Successfully voted to chips at 2026-01-31T12:00:00.000001+00:00!"]
    )


class Counts(BaseModel):
    """Votes by the name of the candidate."""

    count: dict[str, int] = Field(examples=[{"chips": 3, "lam lam": 1, "justice": 0}])


class Tally(BaseModel):
    """Votes as they were at a time."""

    last_update_time: datetime
    distribution: Counts


class Tallies(BaseModel):
    """Votes of the ten minutes before now, and of all time."""

    last_10_minute: Tally
    total_vote_count: Tally


class VotingDistribution(BaseModel):
    """The results of the vote."""

    status: Literal["SUCCESS"] = "SUCCESS"
    payload: Tallies


class Longest(BaseModel):
    """The number whose chain has most steps."""

    number: int = Field(examples=[27])
    steps: int = Field(examples=[111])


class Highest(BaseModel):
    """The number whose chain reaches the highest value."""

    number: int = Field(examples=[27])
    value: int = Field(examples=[9232])


class Part(BaseModel):
    """Whether a value is in the chain of another number, and of which (the first 1,000)."""

    value: int = Field(examples=[52])
    is_part: bool
    numbers: list[int] = Field(examples=[[17]])


class OldPerson(BaseModel):
    """A person, as the old table had it."""

    id: int = Field(examples=[1])
    user_id: str = Field(examples=["2001"])
    first_name: str = Field(examples=["Susan"])
    last_name: str = Field(examples=["Lee"])
    birthdate: date = Field(examples=["1989-05-27"])
    img_path: str | None = Field(examples=["2001.png"])


class Processing(BaseModel):
    """The load has been asked for; `GET /files?dataset=people` tells what becomes of each file."""

    status: Literal["PROCESSING"] = "PROCESSING"


_EVENT_COLUMNS = sql.SQL('event_time AS "eventTime", email, session_id AS "sessionId"')
_PEOPLE = f"""
SELECT id, user_id, first_name, last_name, birthdate, img_path FROM marts.people
{people.WHERE} ORDER BY id
"""  # noqa: S608 - both texts are ours


@router.post("/", response_model=list[OldEvent], responses=responses(404), dependencies=_READ)
async def old_events(services: Provided, asked: events.Question) -> StreamingResponse:
    """All events of a file between two instants, both included, by time."""
    return await events.stream(services.database, asked, _EVENT_COLUMNS)


@router.post("/vote", dependencies=[needs(Scope.VOTE)])
async def old_vote(services: Provided, vote: OldVote) -> Success:
    """Cast a vote now. An unknown candidate is a 422."""
    counted = await votes.cast(votes.Vote(candidate=vote.candidate), services)
    return Success(
        payload=f"Successfully voted to {counted.name} at {counted.vote_time.isoformat()}!"
    )


@router.get("/voting_distribution", response_model=VotingDistribution, dependencies=_READ)
async def old_distribution(request: Request, services: Provided) -> Response:
    """Votes of the last ten minutes and of all time, by the name of the candidate."""

    async def make() -> dict[str, Any]:
        found = await votes.results(services.database)
        return {
            "status": "SUCCESS",
            "payload": {
                "last_10_minute": _tally(found, "last_10_minutes_votes"),
                "total_vote_count": _tally(found, "total_votes"),
            },
        }

    return await services.cache.answer(request, ("votes",), make, seconds=1)


@router.get(
    "/longest_step_chain", response_model=Longest, responses=responses(404), dependencies=_READ
)
async def old_longest(services: Provided) -> Json:
    """The number with the longest chain; of several the smallest. Without a chain, a 404."""
    chain = _first(await services.database.row(chains.LONGEST, [1]))
    return Json({"number": chain["number"], "steps": chain["steps"]})


@router.get("/highest_value", response_model=Highest, responses=responses(404), dependencies=_READ)
async def old_highest(services: Provided) -> Json:
    """The number that reaches the highest value; of several the smallest. Without one, a 404."""
    chain = _first(await services.database.row(chains.HIGHEST, [1]))
    return Json({"number": chain["number"], "value": chain["peak"]})


@router.get("/part/{value}", response_model=Part, dependencies=_READ)
async def old_part(services: Provided, value: chains.Value) -> Json:
    """Whether a value is part of the chain of another number, and whose."""
    rows = await chains.holders(services.database, int(value), 999)
    numbers = [row["number"] for row in rows]
    return Json({"value": int(value), "is_part": bool(numbers), "numbers": numbers})


@router.get(
    "/plot/{number}",
    response_class=Response,
    responses={**chains.PNG, **responses(404)},
    dependencies=_READ,
)
async def old_plot(request: Request, services: Provided, number: chains.Number) -> Response:
    """The plot of a number's chain, as PNG."""
    return await chains.plot(request, services, number, "png")


@router.get("/data", response_model=list[OldPerson], dependencies=_READ)
async def old_data(services: Provided, filters: people.Filtered) -> StreamingResponse:
    """The people of a kind, by id. A `min_age` above `max_age` is a 400, as it was."""
    if filters.is_upside_down:
        raise ApiError(400, "query.min_age: expected a number not above `max_age`")
    return await json_array(services.database.stream(_PEOPLE, vars(filters)))


@router.post("/data", status_code=202, dependencies=[needs(Scope.UPLOAD)])
async def old_process(services: Provided) -> Processing:
    """Take in the people and images that are in the folder now."""
    services.loads.start("people")
    return Processing()


def _tally(found: dict[str, Any], column: str) -> dict[str, Any]:
    count = {row["name"]: row[column] for row in found["candidates"]}
    return {"last_update_time": found["last_update_time"], "distribution": {"count": count}}


def _first(chain: Row | None) -> Row:
    if chain is None:
        raise not_found("whole chain")
    return chain

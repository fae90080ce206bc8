"""Routes for clients of the old systems, with the old paths and shapes.

Wrong old responses (a traceback, a 200 for a failure, a 500 for an empty table) are replaced by the
right status and the common error format. New clients use the other routes.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from psycopg import sql
from pydantic import BaseModel, Field
from starlette.datastructures import Headers, MutableHeaders

from penstock.api import plots
from penstock.api.answers import Json, json_array
from penstock.api.auth import needs
from penstock.api.database import Row
from penstock.api.errors import ApiError, not_found, responses
from penstock.api.keys import Scope
from penstock.api.routers import chains, events, people, votes
from penstock.api.routing import Handler, Route, Router
from penstock.api.services import Provided


class AnyContentType(Route):
    """A route that reads every body as JSON, whatever its content type."""

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        """Return the handler, with the content type set to JSON."""
        handle = super().get_route_handler()

        async def as_json(request: Request) -> Response:
            MutableHeaders(scope=request.scope)["Content-Type"] = "application/json"
            return await handle(request)

        return as_json


router = Router(tags=["old clients"])
_any_content_type = Router(route_class=AnyContentType)
_READ = [needs(Scope.READ)]


class OldEvent(BaseModel):
    """An event with the old field names."""

    event_time: datetime = Field(alias="eventTime", examples=["2000-01-01T23:59:04Z"])
    email: str = Field(examples=["dana@example.com"])
    session_id: str = Field(alias="sessionId")


class OldVote(BaseModel):
    """A vote, cast now."""

    candidate: str = Field(examples=["1"])


class Success(BaseModel):
    """The answer that old clients expect."""

    status: Literal["SUCCESS"] = "SUCCESS"
    payload: str = Field(
        examples=["Successfully voted to chips at 2026-01-31T12:00:00.000001+00:00!"]
    )


class Counts(BaseModel):
    """Votes by the name of the candidate."""

    count: dict[str, int] = Field(examples=[{"chips": 3, "lam lam": 1, "justice": 0}])


class Tally(BaseModel):
    """Votes at a point in time."""

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
    """A number. The route of the highest value uses this name, too."""

    longest: int = Field(examples=[27])


class OldPerson(BaseModel):
    """A person, in the shape of the old table."""

    id: int = Field(examples=[1])
    user_id: str = Field(examples=["2001"])
    first_name: str = Field(examples=["Susan"])
    last_name: str = Field(examples=["Lee"])
    birthdate: date = Field(examples=["1989-05-27"])
    img_path: str | None = Field(examples=["2001.png"])


class Processing(BaseModel):
    """An accepted load; `GET /files?dataset=people` shows what becomes of each file."""

    status: Literal["PROCESSING"] = "PROCESSING"


OneNumber = Annotated[list[int], Field(min_length=1, max_length=1)]
"""A row of the old table of numbers."""

_EVENT_COLUMNS = sql.SQL('event_time AS "eventTime", email, session_id AS "sessionId"')
_PEOPLE = f"""
SELECT id, user_id, first_name, last_name, birthdate, img_path FROM marts.people
{people.WHERE} ORDER BY id
"""  # noqa: S608 - both texts are ours


@_any_content_type.post(
    "/", response_model=list[OldEvent], responses=responses(404), dependencies=_READ
)
async def old_events(services: Provided, asked: events.Question) -> StreamingResponse:
    """List all events of a file between two instants, both included, by time."""
    return await events.stream(services.database, asked, _EVENT_COLUMNS)


router.include_router(_any_content_type)


@router.get("/hello_world")
async def hello_world() -> Success:
    """Answer that the server runs. Needs no key."""
    return Success(payload="Hello World!")


@router.post("/vote", dependencies=[needs(Scope.VOTE)])
async def old_vote(services: Provided, vote: OldVote) -> Success:
    """Cast a vote now. An unknown candidate gets a 422."""
    counted = await votes.cast(votes.Vote(candidate=vote.candidate), services)
    return Success(
        payload=f"Successfully voted to {counted.name} at {counted.vote_time.isoformat()}!"
    )


@router.get("/vote_to_{candidate}", responses=responses(404), dependencies=[needs(Scope.VOTE)])
async def old_vote_to(request: Request, services: Provided, candidate: str) -> Success:
    """Cast a vote now, from a browser. A prefetch of the browser casts no vote."""
    if candidate not in votes.names():
        raise not_found(f"candidate {candidate!r}")
    if _is_unintended(request.headers):
        raise ApiError(403, "a vote is cast by who asks for it, not by a prefetch or another site")
    return await old_vote(services, OldVote(candidate=candidate))


@router.get("/voting_distribution", response_model=VotingDistribution, dependencies=_READ)
async def old_distribution(request: Request, services: Provided) -> Response:
    """Count the votes of the last ten minutes and of all time, by the name of the candidate."""

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
    """Return the number with the longest chain; of several the smallest. 404 without a chain."""
    return _first(await services.database.row(chains.LONGEST, [1]))


@router.get("/highest_value", response_model=Longest, responses=responses(404), dependencies=_READ)
async def old_highest(services: Provided) -> Json:
    """Return the number with the highest value; of several the smallest. 404 without a chain."""
    return _first(await services.database.row(chains.HIGHEST, [1]))


@router.get("/part/{value}", response_model=list[OneNumber], dependencies=_READ)
async def old_part(services: Provided, value: chains.Value) -> StreamingResponse:
    """List the other numbers whose chains contain a value, ascending, each in its own list."""
    asked = {"value": int(value), "after": 0, "limit": None}
    found = services.database.stream(chains.HOLDERS, asked)
    return await json_array([[row["number"]] for row in rows] async for rows in found)


@router.get(
    "/plot/{number}",
    response_class=Response,
    responses={**plots.documented("png"), **responses(404)},
    dependencies=_READ,
)
async def old_plot(request: Request, services: Provided, number: chains.Number) -> Response:
    """Plot the chain of a number, as PNG."""
    return await chains.plot(request, services, number, "png")


@router.get("/data", response_model=list[OldPerson], dependencies=_READ)
async def old_data(services: Provided, filters: people.Filtered) -> StreamingResponse:
    """List the people that match, by id. A `min_age` above `max_age` gets a 400."""
    if filters.is_empty_range:
        raise ApiError(400, "query.min_age: expected a number not above `max_age`")
    return await json_array(services.database.stream(_PEOPLE, vars(filters)))


@router.post("/data", status_code=202, dependencies=[needs(Scope.PROCESS)])
async def old_process(services: Provided) -> Processing:
    """Load the people and images that are in the folder now."""
    services.loads.start("people")
    return Processing()


def _tally(found: dict[str, Any], column: str) -> dict[str, Any]:
    count = {row["name"]: row[column] for row in found["candidates"]}
    return {"last_update_time": found["last_update_time"], "distribution": {"count": count}}


def _first(chain: Row | None) -> Json:
    if chain is None:
        raise ApiError(404, "No chain is complete yet")
    return Json({"longest": chain["number"]})


def _is_unintended(headers: Headers) -> bool:
    purposes = (headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    is_prefetch = any("prefetch" in purpose or "preview" in purpose for purpose in purposes)
    return is_prefetch or headers.get("sec-fetch-site") == "cross-site"

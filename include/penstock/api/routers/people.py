"""Routes of people, filtered by age and by whether they have an image."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from penstock.api import paging
from penstock.api.answers import Json, csv_file
from penstock.api.auth import needs
from penstock.api.database import Database
from penstock.api.errors import invalid
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided

router = Router(tags=["people"], dependencies=[needs(Scope.READ)])

Years = Annotated[
    float | None,
    Query(
        ge=0,
        le=1000,
        description="Included. A whole number counts full years, as `age` does; 30.5 is half of"
        " the days from the 30th birthday to the 31st.",
        examples=[30.5],
    ),
]


@dataclass(frozen=True)
class Filters:
    """The filters of a list of people; None means no filter."""

    is_image_exists: bool | None
    min_age: float | None
    max_age: float | None

    @property
    def is_empty_range(self) -> bool:
        """Return whether the range of ages is empty."""
        if self.min_age is None or self.max_age is None:
            return False
        return self.min_age > self.max_age


async def _filters(
    is_image_exists: Annotated[
        bool | None,
        Query(description="`true`: only people with an image; `false`: only people without."),
    ] = None,
    min_age: Years = None,
    max_age: Years = None,
) -> Filters:
    return Filters(is_image_exists, min_age, max_age)


Filtered = Annotated[Filters, Depends(_filters)]
"""A route's parameter `filters: Filtered` takes `is_image_exists`, `min_age`, `max_age`."""


class Person(BaseModel):
    """A person. `birthts`: milliseconds since 1970, UTC."""

    id: int = Field(examples=[1])
    user_id: str = Field(examples=["2001"])
    first_name: str = Field(examples=["Susan"])
    last_name: str = Field(examples=["Lee"])
    birthdate: date = Field(examples=["1989-05-27"])
    birthts: int = Field(examples=[612302400000])
    img_path: str | None = Field(examples=["2001.png"])
    age: int = Field(description="Years, today in UTC.", examples=[37])


class People(BaseModel):
    """A page of people, by id."""

    items: list[Person]
    next: str | None = Field(description="The next page's cursor; null on the last page.")


# Counted from the first of the month, so that a 29 February has a birthday in every year.
_BIRTHDAY = """
((date_trunc('month', birthdate) + make_interval(years => {}))::date
 + extract(day FROM birthdate)::integer - 1)
"""
_LAST, _NEXT = _BIRTHDAY.format("age"), _BIRTHDAY.format("age + 1")
EXACT_AGE = f"(age + ((now() AT TIME ZONE 'UTC')::date - {_LAST})::float / ({_NEXT} - {_LAST}))"
_ASKED_AGE = f"CASE WHEN {{0}} = floor({{0}}) THEN age ELSE {EXACT_AGE} END"
_MIN_AGE, _MAX_AGE = "%(min_age)s::float", "%(max_age)s::float"
WHERE = f"""
WHERE (%(is_image_exists)s::boolean IS NULL OR %(is_image_exists)s = (img_path IS NOT NULL))
  AND ({_MIN_AGE} IS NULL OR {_ASKED_AGE.format(_MIN_AGE)} >= {_MIN_AGE})
  AND ({_MAX_AGE} IS NULL OR {_ASKED_AGE.format(_MAX_AGE)} <= {_MAX_AGE})
"""
_LIST = f"""
SELECT id, user_id, first_name, last_name, birthdate, birthts, img_path, age FROM marts.people
{WHERE} AND id > %(after)s ORDER BY id LIMIT %(limit)s
"""  # noqa: S608 - both texts are ours
_OUTPUT = ("user_id", "first_name", "last_name", "birthts", "img_path")


@router.get("/people", response_model=People)
async def list_people(
    services: Provided,
    filters: Filtered,
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> Json:
    """List people by id, in pages."""
    return Json(await page_of(services.database, filters, limit, cursor))


async def page_of(
    database: Database, filters: Filters, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of people, in the shape of `People`.

    Raises:
        ApiError: 422, the range of ages is empty or the cursor invalid.
    """
    if filters.is_empty_range:
        raise invalid("query.min_age", "expected a number not above `max_age`")
    (after,) = paging.after(cursor, int) or (0,)
    asked = {**vars(filters), "after": after, "limit": limit + 1}
    return paging.page(await database.rows(_LIST, asked), limit, "id")


@router.get(
    "/people/output.csv",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "All."}
    },
)
async def output_csv(services: Provided) -> StreamingResponse:
    """Download all people as CSV: user_id, first_name, last_name, birthts, img_path."""
    batches = services.database.stream("SELECT * FROM marts.people_export")
    return csv_file(batches, _OUTPUT, "output.csv", raw=True)

"""Routes of articles: the most likes of a day, and the retention of new users."""

import datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from penstock.api import times
from penstock.api.auth import needs
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided

router = Router(tags=["articles"], dependencies=[needs(Scope.READ)])

Asked = Annotated[times.Day, Query(description="A day in UTC.", examples=["2017-04-01"])]


class Likes(BaseModel):
    """An article, and the number of its likes on a day."""

    title: str | None = Field(description="Null when the article is unknown.")
    id: str = Field(examples=["111111"])
    likes: int = Field(examples=[2])


class Retention(BaseModel):
    """Users who installed on a day, and how many of them were active in the next 7 days."""

    date: datetime.date = Field(examples=["2017-04-01"])
    installed: int = Field(examples=[5])
    retained: int = Field(examples=[4])


_LIKES = """
SELECT title, article_id AS id, likes FROM marts.article_likes_daily
WHERE day = %s ORDER BY likes DESC, article_id LIMIT %s
"""
_RETENTION = "SELECT day AS date, installed, retained FROM marts.install_retention WHERE day = %s"


@router.get("/article-likes", response_model=list[Likes])
async def article_likes(
    request: Request,
    services: Provided,
    date: Asked,
    top: Annotated[int, Query(ge=1, le=1000, description="How many articles.")] = 10,
) -> Response:
    """List the articles with the most likes on a day."""
    return await services.cache.answer(
        request,
        ("articles", "clickstream"),
        lambda: services.database.rows(_LIKES, [date, top]),
    )


@router.get("/install-retention", response_model=Retention)
async def install_retention(request: Request, services: Provided, date: Asked) -> Response:
    """Count the users who installed on a day, and those who were active in the next 7 days."""

    async def make() -> dict[str, Any]:
        none = {"date": date, "installed": 0, "retained": 0}
        return await services.database.row(_RETENTION, [date]) or none

    return await services.cache.answer(request, ("clickstream",), make)

"""Routes that ask who comes first: before a parameter is looked at, or a byte of the body is read.

FastAPI parses a body before it runs dependencies, so authorization cannot be one.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from difflib import get_close_matches
from typing import Any

from fastapi import APIRouter, Request, Response, params
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute
from starlette.routing import Match

from penstock.api.auth import authorize
from penstock.api.errors import ApiError, answer, invalid

Handler = Callable[[Request], Awaitable[Response]]


class Route(APIRoute):
    """A route that knows who may ask and what may be asked."""

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        """FastAPI's handler, after authorization and a look at the names of the parameters."""
        handle = super().get_route_handler()
        scopes = frozenset(
            scope
            for dependency in self.dependencies
            if isinstance(dependency, params.Security)
            for scope in dependency.scopes or ()
        )
        names = [field.alias for field in get_flat_dependant(self.dependant).query_params]

        async def guarded(request: Request) -> Response:
            if scopes:
                await authorize(request, scopes)
            if request.scope["query_string"]:
                _check_names(request, names)
            return await handle(request)

        return guarded


class Router(APIRouter):
    """A subject's routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"route_class": Route} | options)


async def other_method(request: Request, _: Exception) -> Response:
    """The answer to a method that no route of the path takes; OPTIONS asks which it does take."""
    methods = {"OPTIONS"}
    for route in request.app.routes:
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] != Match.NONE:
            methods |= route.methods
    allow = {"Allow": ", ".join(sorted(methods))}
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=allow)
    text = f"{request.url.path} does not take {request.method}, only {allow['Allow']}"
    return answer(request, ApiError(405, text, headers=allow))


def _check_names(request: Request, names: Collection[str]) -> None:
    """Whether each parameter of the query is known, and given once: none takes several values."""
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in names:
            raise invalid(f"query.{name[:50]}", f"no such parameter; {_hint(name, names)}")
        if times > 1:
            raise invalid(f"query.{name}", f"expected once, found {times} times")


def _hint(name: str, names: Collection[str]) -> str:
    nearest = get_close_matches(name[:50], names, 1)
    if nearest:
        return f"did you mean `{nearest[0]}`?"
    return f"expected {' or '.join(names)}" if names else "this route takes none"

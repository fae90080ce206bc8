"""Authorizes each request before its parameters and body are read.

FastAPI parses the body before it runs dependencies, so authorization cannot be a dependency.
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
    """A route that checks authorization and the names of the query parameters."""

    async def authorize(self, request: Request, scopes: frozenset[str]) -> None:
        """Check that the caller has all `scopes`.

        Raises:
            ApiError: as `penstock.api.auth.authorize`.
        """
        await authorize(request, scopes)

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        """Return FastAPI's handler, preceded by the checks."""
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
                await self.authorize(request, scopes)
            if request.scope["query_string"]:
                _check_names(request, names)
            return await handle(request)

        return guarded


class Router(APIRouter):
    """A router whose routes are of class `Route` by default."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"route_class": Route} | options)


async def other_method(request: Request, _: Exception) -> Response:
    """Respond to an unsupported method with 405, and to OPTIONS with the supported methods."""
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
    """Check that each query parameter is known and occurs once."""
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

"""Admits the visitor before a page is made, and checks that our page sent an action."""

from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response

from penstock.api.auth import needs
from penstock.api.errors import PAGES
from penstock.api.keys import Scope
from penstock.api.routing import Handler, Route, Router
from penstock.site import csrf
from penstock.site.visitors import admit


class PageRoute(Route):
    """A route of a page or of an action. Anything but a GET needs the token of a page."""

    async def authorize(self, request: Request, scopes: frozenset[str]) -> None:
        """Admit the visitor.

        Raises:
            ApiError: 401, 403 or 429, as `admit` and `csrf.check` say.
        """
        await admit(request, scopes)
        if request.method not in ("GET", "HEAD"):
            csrf.check(request)

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        """Return the handler, for which a field that a form left empty is not there."""
        handle = super().get_route_handler()

        async def filled(request: Request) -> Response:
            given = parse_qsl(request.scope["query_string"].decode("latin-1"))
            request.scope["query_string"] = urlencode(given).encode()
            return await handle(request)

        return filled


def pages(scope: Scope = Scope.READ) -> Router:
    """Return a router of pages that need `scope`, below /ui."""
    return Router(prefix=PAGES, route_class=PageRoute, dependencies=[needs(scope)])


def home(request: Request) -> str:
    """Return the path of the pages: /ui, behind that of the app around this one."""
    return f"{request.scope['root_path']}{PAGES}"

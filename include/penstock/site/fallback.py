"""Answers addresses of no page: the host alone, `/ui` without a slash, and what does not exist."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from penstock.api.errors import PAGES, ApiError, not_found
from penstock.api.routing import Router
from penstock.site.routing import home, pages

start = Router()
router = pages()


@start.get(PAGES)
async def to_overview(request: Request) -> Response:
    """Lead to the first page."""
    return RedirectResponse(f"{home(request)}/", status_code=303)


@start.get("/")
async def host_alone(request: Request) -> Response:
    """Lead a person who typed the host alone to the first page; a program asks for no HTML."""
    if "text/html" in request.headers.get("accept", ""):
        return await to_overview(request)
    text = "this address takes POST; a browser gets the pages"
    raise ApiError(405, text, headers={"Allow": "POST"})


@router.get("/{path:path}")
async def unknown(path: str) -> Response:
    """Say that there is no such page, but only to whom may see pages."""
    raise not_found(f"page: {path}")

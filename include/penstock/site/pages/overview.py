"""The first page: how each dataset is."""

from fastapi import Request
from starlette.responses import Response

from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages()


@router.get("/")
async def overview(request: Request) -> Response:
    """Show how each dataset is."""
    return render(request, "overview.html")

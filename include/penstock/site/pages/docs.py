"""The documentation sites, behind the same login as the pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from penstock import data_docs
from penstock.api.answers import Json
from penstock.api.errors import PAGES, not_found
from penstock.marts import docs_site
from penstock.site import folders, manual
from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages()


@dataclass(frozen=True)
class _Site:
    """A generated site: its folder, and the policy that its pages need."""

    title: str
    about: str
    folder: Callable[[], Path]
    policy: str

    @property
    def built_at(self) -> datetime | None:
        """When the site was last written; None if it never was."""
        index = self.folder() / "index.html"
        return datetime.fromtimestamp(index.stat().st_mtime, UTC) if index.exists() else None


_SITES = {
    "gx": _Site(
        "Validation results",
        "Great Expectations' Data Docs: the suite of each dataset, and what each check found in"
        " each file.",
        data_docs.folder,
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
        " frame-ancestors ",
    ),
    "dbt": _Site(
        "Models and marts",
        "dbt's documentation: every model, column and test, and the graph from files to marts.",
        docs_site.folder,
        # One file with its scripts and styles inside. In a sandbox of its own they cannot act for
        # the reader, and nothing can be sent anywhere.
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline';"
        " style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none';"
        " frame-ancestors ",
    ),
}


@router.get("/docs")
async def landing(
    request: Request, q: Annotated[str, Query(max_length=200, description="Words.")] = ""
) -> Response:
    """Show which documentation there is, and search that of Penstock."""
    found = await run_in_threadpool(manual.search, q) if q.strip() else None
    return render(
        request, "docs.html", sites=_SITES, contents=manual.contents(), words=q, found=found
    )


@router.get("/docs/api")
async def reference(request: Request) -> Response:
    """Show the interactive reference of the API."""
    return render(request, "docs_api.html")


@router.get("/docs/openapi.json")
async def openapi(request: Request) -> Json:
    """Return the OpenAPI document; its paths begin where the app is mounted."""
    document: dict[str, Any] = request.app.openapi()
    root = request.scope["root_path"]
    return Json({**document, "paths": {root + path: of for path, of in document["paths"].items()}})


@router.get("/docs/penstock/{path:path}")
async def guide(request: Request, path: str) -> Response:
    """Show a page of Penstock's documentation, or a picture of one."""
    home = f"{request.scope['root_path']}{PAGES}/docs/penstock/"
    found = manual.page(path or "index.md", lambda inside: home + inside)
    if found:
        title, content = found
        here = path or "index.md"
        contents = manual.contents()
        return render(
            request, "docs_page.html", title=title, content=content, contents=contents, here=here
        )
    picture = manual.picture(path)
    if picture is None:
        raise not_found(f"page {path} of the documentation")
    return folders.serve(request, picture, "default-src 'none'; frame-ancestors ")


@router.get("/docs/{name}/{path:path}")
async def generated(request: Request, name: str, path: str) -> Response:
    """Return a file of a generated site."""
    site = _SITES.get(name)
    file = folders.find(site.folder(), path) if site else None
    if site is None or file is None:
        raise not_found(f"page {path or name} of the documentation")
    return await run_in_threadpool(folders.serve, request, file, site.policy)

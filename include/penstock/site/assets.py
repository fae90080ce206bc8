"""Serves the style sheet and the scripts: ours, and those that arrive in packages."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from penstock.api.errors import PAGES, not_found
from penstock.api.routing import Router
from penstock.site import world

_OURS = files("penstock.site") / "static"
_SWAGGER = files("fastapi_offline") / "static"
_PACKAGED = {
    "htmx.js": files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js",
    "swagger-ui.js": _SWAGGER / "swagger-ui-bundle.js",
    "swagger-ui.css": _SWAGGER / "swagger-ui.css",
}
_FOR_EVER = "public, max-age=31536000, immutable"  # another content has another address

router = Router(prefix=f"{PAGES}/static")


@dataclass(frozen=True)
class _Asset:
    content: bytes
    zipped: bytes
    digest: str
    media_type: str


def address(root: str, name: str) -> str:
    """Return the address of a static file for an app mounted at `root`."""
    return f"{root}{PAGES}/static/{_asset(name).digest}/{name}"


@router.get("/{digest}/{name}")
async def static(
    request: Request,
    digest: str,
    name: Annotated[str, Path(pattern=r"^[a-z0-9-]+\.(css|js|svg|png)$")],
) -> Response:
    """Return a static file."""
    try:
        asset = _asset(name)
    except OSError:
        raise not_found(f"file {name}") from None
    headers = {"Vary": "Accept-Encoding"}
    if digest == asset.digest:
        headers["Cache-Control"] = _FOR_EVER
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.content, headers=headers, media_type=asset.media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(asset.zipped, headers=headers, media_type=asset.media_type)


@cache
def _asset(name: str) -> _Asset:
    content = world.svg() if name == "world.svg" else _PACKAGED.get(name, _OURS / name).read_bytes()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    digest = hashlib.blake2s(content, digest_size=8).hexdigest()
    return _Asset(content, gzip.compress(content, mtime=0), digest, media_type)

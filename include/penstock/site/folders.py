"""Serves the files of a folder, such as a generated site, and nothing outside of it."""

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import Request
from starlette.responses import Response

from penstock.site.rendering import framing

_ZIPPED = ("text/", "application/javascript", "application/json", "image/svg+xml")


def find(folder: Path, path: str) -> Path | None:
    """Return the file at `path` below `folder`, or the index of the folder there.

    None if there is no such file, or if it is outside of `folder`, even by a link.
    """
    try:
        place = (folder / path).resolve(strict=True)
        place = place / "index.html" if place.is_dir() else place
        inside = place.is_relative_to(folder.resolve(strict=True)) and place.is_file()
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL; links in a circle
        return None
    return place if inside else None


def serve(request: Request, file: Path, policy: str) -> Response:
    """Return the content of a file under a Content-Security-Policy; 304 if the browser has it."""
    status = file.stat()
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {
        "Content-Security-Policy": policy + framing(request),
        "Cache-Control": "private, no-cache",
        "ETag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
        "Vary": "Accept-Encoding, Cookie",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    zipped = media_type.startswith(_ZIPPED) and "gzip" in request.headers.get("accept-encoding", "")
    if zipped:
        headers["Content-Encoding"] = "gzip"
    content = _content(file, status.st_mtime_ns, zipped)
    return Response(content, headers=headers, media_type=media_type)


@lru_cache(maxsize=32)
def _content(file: Path, _changed: int, zipped: bool) -> bytes:
    content = file.read_bytes()
    return gzip.compress(content, mtime=0) if zipped else content

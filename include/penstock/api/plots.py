"""Responds with plots: cached, with a file name, and with scripts disabled."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response

from penstock.api.answers import named
from penstock.api.charts import Format
from penstock.api.services import Services

_MEDIA_TYPES: dict[Format, str] = {"svg": "image/svg+xml", "png": "image/png"}
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def documented(form: Format) -> dict[int | str, dict[str, Any]]:
    """Document the response of a route: `@router.get(..., responses=documented("svg"))`."""
    schema = {"type": "string"} if form == "svg" else {"type": "string", "format": "binary"}
    return {200: {"content": {_MEDIA_TYPES[form]: {"schema": schema}}, "description": "Plot."}}


async def answer(
    request: Request,
    services: Services,
    dataset: str,
    name: str,
    form: Format,
    draw: Callable[[], Awaitable[bytes]],
) -> Response:
    """Return the plot that `draw` makes of `dataset`, cached, with the file name `name`."""
    plot = await services.cache.answer(request, (dataset,), draw, media_type=_MEDIA_TYPES[form])
    plot.headers["Content-Disposition"] = named("inline", f"{name}.{form}")
    if form == "svg":
        plot.headers["Content-Security-Policy"] = _SVG_POLICY
    return plot

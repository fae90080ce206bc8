"""Renders pages from templates: whole, or only the block that htmx asks for."""

import gzip
from functools import cache, partial
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from penstock.api.errors import PAGES
from penstock.site import assets, charts, csrf, nav, states, text
from penstock.site.visitors import visitor

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)
_WORTH_ZIPPING = 1000  # bytes


def render(request: Request, template: str, **values: Any) -> Response:
    """Render a page. If htmx asks for the element with the id `a-b`, only the block `a_b`."""
    known = {**_common(request), **values}
    found = _templates().get_template(template)
    # Not an import in the template: a block that is rendered alone would lack it.
    parts = _templates().get_template("parts.html").make_module(known)
    context = found.new_context({**known, "parts": parts})
    block = found.blocks.get(request.headers.get("hx-target", "").replace("-", "_"))
    content = block if block and is_partial(request) else found.root_render_func
    return html(request, "".join(content(context)))


def html(request: Request, content: str) -> Response:
    """Return `content` as a page, compressed, with the policy that only our own files count."""
    body = content.encode()
    headers = {
        "Content-Security-Policy": _POLICY + framing(request),
        "Referrer-Policy": "same-origin",  # with none, a form's origin would be `null`
        "Vary": "Accept-Encoding, Cookie, HX-Request, HX-Target",
    }
    if len(body) > _WORTH_ZIPPING and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="text/html")


def framing(request: Request) -> str:
    """Return who may show a page in a frame: the app around this one, or nobody."""
    return "'self'" if request.app.state.services.host else "'none'"


def url(request: Request, path: str, /, **query: Any) -> str:
    """Return the address of a page: its path below /ui, and the values of its query."""
    return text.with_query(f"{request.scope['root_path']}{PAGES}{path}", query)


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a part of a page."""
    headers = request.headers
    return "hx-request" in headers and "hx-history-restore-request" not in headers


def _common(request: Request) -> dict[str, Any]:
    """Return what every template can use."""
    root = request.scope["root_path"]
    who = visitor(request)

    def static(name: str) -> str:
        return assets.address(root, name)

    return {
        "request": request,
        "path": str(request.scope["path"]).removeprefix(root).removeprefix(PAGES) or "/",
        "visitor": who,
        "csrf_token": csrf.token(request),
        "csrf_header": csrf.HEADER,
        "mounted": request.app.state.services.host is not None,
        "sections": nav.SECTIONS,
        "static": static,
        "url": partial(url, request),
        "chart": charts,
        "sentence": states.sentence,
        "answers_of": nav.answers_of,
    }


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("penstock.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(text.FILTERS, state=states.badge)
    return environment

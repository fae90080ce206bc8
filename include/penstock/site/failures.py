"""Shows an error to a person: as a page, as a message within a page, or as the login."""

from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from penstock.api.errors import PAGES, ApiError
from penstock.site.rendering import is_partial, render

_TITLES = {
    401: "Log in first",
    403: "Not allowed",
    404: "Not found",
    422: "This cannot be shown",
    429: "Too many requests",
    503: "The warehouse does not answer",
}


def as_page(request: Request, error: ApiError) -> Response:
    """Return the response of a page to `error`: without a login, the way to it."""
    if error.status_code == 401:
        return _to_login(request)
    template = "message.html" if is_partial(request) else "failure.html"
    answer = render(
        request,
        template,
        title=_TITLES.get(error.status_code, "This did not work"),
        detail=error.detail,
        request_id=getattr(request.state, "request_id", None),
    )
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    if is_partial(request):
        answer.headers["HX-Retarget"] = "#message"
        answer.headers["HX-Reswap"] = "innerHTML"
    return answer


def _to_login(request: Request) -> Response:
    host = request.app.state.services.host
    wanted = str(request.url) if request.method == "GET" and not is_partial(request) else None
    if host:
        target = host.login_url(wanted or f"{request.base_url}{PAGES.removeprefix('/')}/")
    else:
        path = wanted and f"{request.url.path}?{request.url.query}".rstrip("?")
        target = f"{request.scope['root_path']}{PAGES}/login"
        target += f"?next={quote(path, safe='')}" if path else ""
    if is_partial(request):
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)

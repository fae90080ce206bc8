"""Shows an error to a person: as a page, as a message within a page, or as the login."""

from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from penstock.api.errors import ApiError
from penstock.site.rendering import is_partial, render
from penstock.site.routing import home
from penstock.site.visitors import LONGEST_NEXT

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
    first = f"{home(request)}/"
    is_page = request.method == "GET" and not is_partial(request)
    wanted = request.url if is_page else request.url.replace(path=first, query="")
    path = str(wanted.replace(scheme="", netloc=""))
    if host:
        target = host.login_url(str(wanted))
    elif len(path) <= LONGEST_NEXT and path != first:
        target = f"{first}login?{urlencode({'next': path})}"
    else:
        target = f"{first}login"
    if is_partial(request):
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)

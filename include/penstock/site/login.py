"""The login of `penstock serve`: an API key, kept as a signed cookie."""

from typing import Annotated

from fastapi import Form, Query, Request
from starlette.responses import RedirectResponse, Response

from penstock.api.errors import PAGES
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.site import csrf
from penstock.site.rendering import render
from penstock.site.routing import home
from penstock.site.visitors import COOKIE, LONGEST_NEXT, SESSION_SECONDS, session_of

router = Router(prefix=PAGES)

Next = Annotated[str, Query(alias="next", max_length=LONGEST_NEXT, description="Where to go then.")]


@router.get("/login")
async def login_page(request: Request, wanted: Next = "") -> Response:
    """Show the login; who is logged in by the app around this one goes there."""
    host = request.app.state.services.host
    if host:
        first = request.url.replace(path=f"{home(request)}/", query="")
        return RedirectResponse(host.login_url(str(first)), status_code=303)
    return render(request, "login.html", wanted=wanted, wrong=False)


@router.post("/login")
async def log_in(
    request: Request,
    services: Provided,
    key: Annotated[str, Form(max_length=200)] = "",
    wanted: Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)] = "",
) -> Response:
    """Check the key; keep who it is in a cookie."""
    csrf.check_origin(request)
    holder = await services.keys.holding(key.strip())
    if holder is None:
        answer = render(request, "login.html", wanted=wanted, wrong=True)
        answer.status_code = 401
        return answer
    answer = RedirectResponse(_within(request, wanted), status_code=303)
    answer.set_cookie(
        COOKIE,
        session_of(holder),
        max_age=SESSION_SECONDS,
        path=home(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """Forget the visitor."""
    csrf.check_origin(request)
    answer = RedirectResponse(f"{home(request)}/login", status_code=303)
    answer.delete_cookie(COOKIE, path=home(request))
    return answer


def _within(request: Request, wanted: str) -> str:
    """Return `wanted` if it is one of our pages, else the first page."""
    first = f"{home(request)}/"
    return wanted if wanted.startswith(first) and "\\" not in wanted else first

"""Tells a request that our page sent from one that another site made the browser send."""

from urllib.parse import urlsplit

from fastapi import Request
from itsdangerous import BadSignature

from penstock.api.errors import ApiError
from penstock.site.secret import signer
from penstock.site.visitors import SESSION_SECONDS, visitor

HEADER = "X-CSRF-Token"


def token(request: Request) -> str:
    """Return a token for the actions of this visitor. It differs at each second."""
    return signer("csrf").dumps(visitor(request).name)


def check(request: Request) -> None:
    """Check that our page sent an action.

    Raises:
        ApiError: 403, the token is missing, of another visitor or too old, or the origin differs.
    """
    check_origin(request)
    try:
        name = signer("csrf").loads(request.headers.get(HEADER, ""), max_age=SESSION_SECONDS)
    except BadSignature:
        raise ApiError(403, "this page is out of date; load it again and repeat") from None
    if name != visitor(request).name:
        raise ApiError(403, "this page was loaded by another user; load it again and repeat")


def check_origin(request: Request) -> None:
    """Check that no other site sent the request.

    Raises:
        ApiError: 403, it did.
    """
    headers = request.headers
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site is None and origin is not None:  # plain HTTP, except on this machine, or an old browser
        site = "same-origin" if urlsplit(origin).netloc == headers.get("host") else "cross-site"
    if site not in ("same-origin", "none", None):
        raise ApiError(403, "another site sent this request; open the page here and repeat")

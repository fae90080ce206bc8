"""Signs cookies and tokens with the secret of this installation."""

from functools import cache

from itsdangerous import URLSafeTimedSerializer

from penstock.runtime import keys
from penstock.settings import settings


@cache
def signer(purpose: str) -> URLSafeTimedSerializer:
    """Return the signer of one purpose: what it signed counts for no other."""
    secret = settings().pages_secret or keys.token(settings().home, "pages_secret")
    return URLSafeTimedSerializer(secret, salt=f"penstock.{purpose}")

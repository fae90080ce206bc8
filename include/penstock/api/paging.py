"""Pages of a list by key: a cursor says after which row the next page begins."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Query

from penstock.api.answers import encode
from penstock.api.database import Row
from penstock.api.errors import invalid

Limit = Annotated[int, Query(ge=1, le=1000, description="The most rows of a page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=1000, description="`next` of the previous page."),
]


def cursor(*values: Any) -> str:
    """The text that stands for the sort key `values`."""
    return base64.urlsafe_b64encode(encode(values)).rstrip(b"=").decode()


def after(text: str | None, *types: type) -> tuple[Any, ...] | None:
    """The sort key a cursor stands for, each value of the type given; None for no cursor.

    Raises:
        ApiError: 422, it is no cursor of this list.
    """
    if text is None:
        return None
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=tuple[types])  # type: ignore[valid-type]
    except (binascii.Error, msgspec.DecodeError, UnicodeError):
        raise invalid("query.cursor", "expected `next` of the page before") from None


def page(rows: Sequence[Row], limit: int, *key: str) -> dict[str, Any]:
    """A page of rows that were asked for with LIMIT `limit` + 1, sorted by the columns `key`."""
    items = rows[:limit]
    more = cursor(*(items[-1][name] for name in key)) if len(rows) > limit else None
    return {"items": items, "next": more}

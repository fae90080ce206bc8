"""Pages lists by key: a cursor encodes the sort key of the last row of a page."""

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
    """Encode the sort key `values` as a cursor."""
    return base64.urlsafe_b64encode(encode(values)).rstrip(b"=").decode()


def after(text: str | None, *types: type) -> tuple[Any, ...] | None:
    """Decode a cursor to its sort key, with values of these types; None without a cursor.

    Raises:
        ApiError: 422, the cursor is invalid for this list.
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
    """Build a page from rows of a query with LIMIT `limit` + 1, sorted by the columns `key`."""
    items = rows[:limit]
    more = cursor(*(items[-1][name] for name in key)) if len(rows) > limit else None
    return {"items": items, "next": more}

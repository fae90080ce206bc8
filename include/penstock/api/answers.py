"""What routes answer with: JSON made straight from rows, whole or as it is read."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from starlette.responses import Response, StreamingResponse

from penstock.api.database import Row
from penstock.errors.display import without_formula

_encoder = msgspec.json.Encoder(decimal_format="number")  # exact, however many digits


def encode(value: Any) -> bytes:
    """JSON; times in ISO 8601, numerics as numbers with all their digits."""
    return _encoder.encode(value)


class Json(Response):
    """A JSON answer that no model has to validate first."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return encode(content)


async def json_array(batches: AsyncIterator[Sequence[Any]]) -> StreamingResponse:
    """A JSON array of any length. What fails before the first row is still an error answer."""
    first: Sequence[Any] = await anext(batches, [])

    async def body() -> AsyncIterator[bytes]:
        async with aclosing(batches):  # type: ignore[type-var]
            yield b"[" + encode(first)[1:-1]
            async for rows in batches:
                yield b"," + encode(rows)[1:-1]
            yield b"]"

    return StreamingResponse(body(), media_type="application/json")


def csv_file(
    batches: AsyncIterator[Sequence[Row]], columns: Sequence[str], name: str, *, raw: bool
) -> StreamingResponse:
    """A CSV file to save under `name`, of any length, with a header.

    Unless it is to be `raw`, no text in it is a formula to a spreadsheet.
    """

    async def body() -> AsyncIterator[str]:
        yield ",".join(columns) + "\r\n"
        async with aclosing(batches):  # type: ignore[type-var]
            async for rows in batches:
                out = io.StringIO()
                csv.DictWriter(out, columns).writerows(rows if raw else map(_safe, rows))
                yield out.getvalue()

    headers = {"Content-Disposition": named("attachment", name)}
    return StreamingResponse(body(), media_type="text/csv", headers=headers)


def _safe(row: Row) -> Row:
    return {
        name: without_formula(value) if isinstance(value, str) else value
        for name, value in row.items()
    }


def named(how: Literal["attachment", "inline"], name: str) -> str:
    """`Content-Disposition`: to save or to show, and under which name (RFC 6266 and 5987)."""
    plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{how}; filename="{plain}"{exact}'

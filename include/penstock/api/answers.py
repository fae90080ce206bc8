"""Builds responses from rows: JSON and CSV, complete or streamed."""

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
    """Encode as JSON; times in ISO 8601, numerics as numbers with all digits."""
    return _encoder.encode(value)


class Json(Response):
    """A JSON response without validation by a model."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return encode(content)


async def json_array(batches: AsyncIterator[Sequence[Any]]) -> StreamingResponse:
    """Stream a JSON array. A failure before the first row still becomes an error response."""
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
    """Stream a CSV file with a header, to save under `name`.

    Unless `raw`, text is escaped so that no spreadsheet reads it as a formula.
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


def named(disposition: Literal["attachment", "inline"], name: str) -> str:
    """Return a `Content-Disposition` header with the file name (RFC 6266 and 5987)."""
    plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{disposition}; filename="{plain}"{exact}'

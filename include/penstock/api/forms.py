"""Streams a file from a multipart form. Starlette's own parser would copy it to /tmp."""

from collections.abc import AsyncIterator

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from penstock.api.errors import ApiError, invalid
from penstock.intake.uploads import Bytes
from penstock.settings import settings

_LONGEST_BOUNDARY = 70  # RFC 2046
FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
"""Documents a body that is a file, or a form with one, as `openapi_extra` of a route."""


def is_form(request: Request) -> bool:
    """Whether the body is a multipart form."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def sent_file(request: Request) -> tuple[AsyncIterator[Bytes], str | None]:
    """Return the content of the file that a request sends, and its name in a form.

    Raises:
        ApiError: as `FormFile.open`.
    """
    if not is_form(request):
        return request.stream(), None
    part = FormFile(request)
    await part.open()
    return part.stream(), part.filename


class FormFile:
    """The first file of a form. `open` reads up to the file, `stream` reads its bytes."""

    def __init__(self, request: Request) -> None:
        _, options = parse_options_header(request.headers["content-type"])
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= _LONGEST_BOUNDARY:
            text = f"expected multipart/form-data with a boundary of 1 to {_LONGEST_BOUNDARY} bytes"
            raise invalid("header.content-type", text)
        self.filename: str | None = None
        self._body = request.stream()
        self._pieces: list[memoryview] = []
        self._name, self._value = b"", b""
        self._is_open = self._is_over = False
        self._file_bytes = self._other_bytes = 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_begin": self._begin_header,
                "on_header_field": self._add_to_name,
                "on_header_value": self._add_to_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_data,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
            },
        )

    async def open(self) -> None:
        """Read up to the start of the file.

        Raises:
            ApiError: 422, the form is invalid or has no file; 413, its other fields are too large.
        """
        async for data in self._body:
            self._parse(data)
            if self._is_open:
                return
        raise invalid("body", "expected a form with a file")

    async def stream(self) -> AsyncIterator[memoryview]:
        """Yield the bytes of the file. Fields after it are read and dropped.

        Raises:
            ApiError: 422, the form ends within the file; 413, its other fields are too large.
        """
        for piece in self._take():
            yield piece
        async for data in self._body:
            self._parse(data)
            for piece in self._take():
                yield piece
        if not self._is_over:
            raise invalid("body", "the form ends before its file does")

    def _parse(self, data: bytes) -> None:
        """Parse the next bytes. The other fields are limited to PENSTOCK_API_BODY_BYTES."""
        self._other_bytes += len(data)
        known = self._file_bytes
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise ApiError(422, f"body: not a multipart form: {error}") from None
        self._other_bytes -= self._file_bytes - known
        if self._other_bytes > settings().api_body_bytes:
            text = f"the form holds more than {settings().api_body_bytes:,} bytes beside the file"
            raise ApiError(413, text)

    def _take(self) -> list[memoryview]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _begin_header(self) -> None:
        self._name, self._value = b"", b""

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self.filename is None and self._name.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            name = options.get(b"filename")
            self.filename = name.decode(errors="replace") if name else None

    def _begin_data(self) -> None:
        self._is_open = self.filename is not None

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_open and not self._is_over:
            self._pieces.append(memoryview(data)[start:end])
            self._file_bytes += end - start

    def _end_part(self) -> None:
        self._is_over = self._is_open

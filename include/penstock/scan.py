"""The one look at a whole file before it loads: its hash, its header, its blocks."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from penstock import blocks, content, header
from penstock.blocks import Block, Shape
from penstock.content import BOM
from penstock.dataset import Dataset, Format
from penstock.errors import RejectFile
from penstock.settings import settings


@dataclass(frozen=True)
class Scan:
    """What a file is made of. `columns` is the header as found, None where the format has none."""

    content_hash: str
    blocks: list[Block]
    columns: list[str] | None = None
    notes: list[str] = field(default_factory=list)


def scan(dataset: Dataset, path: str, place: Path, file_id: int) -> Scan:
    """Read the file that landed at `path` once; its bytes are at `place`.

    Raises:
        RejectFile: it is not a file of this dataset at all; the message says why.
    """
    if place.stat().st_size > settings().max_file_bytes:
        raise content.TooLarge(f"the file is larger than {settings().max_file_bytes:,} bytes")
    try:
        with content.open_plain(place, file_id) as stream:
            return _scan(dataset, dataset.format_of(path), stream)
    except PermissionError as error:
        raise RejectFile(f"the file cannot be read: {error.strerror}") from error


def _scan(dataset: Dataset, form: Format, stream: BinaryIO) -> Scan:
    digest = hashlib.sha256()
    separator = form.separator or ","
    limits = settings().block_bytes, settings().max_record_bytes
    shape = Shape(*limits, form.quote, separator.encode(), form.strip)
    head = _read_head(stream)
    content.check_is_text(head)
    digest.update(head)
    start = len(BOM) if head.startswith(BOM) else 0
    columns, notes, lines = None, [], 0
    if form.has_header:
        columns, size, lines = header.read(head[start:], separator, form.strip)
        notes = header.check(dataset, columns)
        start += size
    rest = _Prefixed(head[start:], stream, digest.update)
    found = list(blocks.cut(rest, shape, start, 1 + lines))  # type: ignore[arg-type]
    return Scan(digest.hexdigest(), found, columns, notes)


def _read_head(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < header.MOST_BYTES and (more := stream.read(header.MOST_BYTES - len(head))):
        head += more
    return head


class _Prefixed:
    """A head that was read already (and hashed), then the rest of its stream."""

    def __init__(self, head: bytes, stream: BinaryIO, on_bytes: Callable[[bytes], None]) -> None:
        self._head, self._stream, self._on_bytes = head, stream, on_bytes

    def read(self, size: int) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        rest = self._stream.read(size - len(head)) if len(head) < size else b""
        self._on_bytes(rest)
        return head + rest

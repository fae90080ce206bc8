"""The one look at a whole file before it loads: its hash, its header, its blocks."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from penstock import blocks, content
from penstock.blocks import Block, Shape
from penstock.content import BOM
from penstock.dataset import Dataset
from penstock.errors import RejectFile
from penstock.settings import settings

_HEAD = 64 * 1024


@dataclass(frozen=True)
class Scan:
    """What a file is made of. `columns` is the header as found, None where the format has none."""

    content_hash: str
    blocks: list[Block]
    columns: list[str] | None = None
    notes: list[str] = field(default_factory=list)


def scan(dataset: Dataset, path: Path, file_id: int) -> Scan:
    """Read the file at `path` once.

    Raises:
        RejectFile: it is not a file of this dataset at all; the message says why.
    """
    if path.stat().st_size > settings().max_file_bytes:
        raise content.TooLarge(f"the file is larger than {settings().max_file_bytes:,} bytes")
    try:
        with content.open_plain(path, file_id) as stream:
            return _scan(dataset, stream)
    except PermissionError as error:
        raise RejectFile(f"the file cannot be read: {error.strerror}") from error


def _scan(dataset: Dataset, stream: BinaryIO) -> Scan:
    digest = hashlib.sha256()
    form = dataset.format
    separator = form.separator or ","
    limits = settings().block_bytes, settings().max_record_bytes
    shape = Shape(*limits, form.quote, separator.encode(), form.strip)
    head = _read_head(stream)
    content.check_is_text(head)
    digest.update(head)
    start = len(BOM) if head.startswith(BOM) else 0
    columns, notes, lines = None, [], 0
    if form.has_header:
        columns, size, lines = _header(head[start:], separator, form.strip)
        notes = _check_columns(dataset, columns)
        start += size
    rest = _Prefixed(head[start:], stream, digest.update)
    found = list(blocks.cut(rest, shape, start, 1 + lines))  # type: ignore[arg-type]
    return Scan(digest.hexdigest(), found, columns, notes)


def _read_head(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
        head += more
    return head


def _header(head: bytes, separator: str, strip: bool) -> tuple[list[str], int, int]:
    """The names, and how many bytes and lines the header takes."""
    try:
        text = head.decode("utf-8", "surrogateescape")
        taken: list[str] = []
        reader = csv.reader(
            _noting(text, taken), delimiter=separator, skipinitialspace=strip, strict=True
        )
        names = next(record for record in reader if record)
        header = "".join(taken)
        header.encode()
    except UnicodeEncodeError:
        raise RejectFile("the header is not UTF-8") from None
    except (csv.Error, StopIteration) as error:
        raise RejectFile(
            f"line 1: no header can be read in the first {_HEAD:,} bytes (is a quote not closed?)"
        ) from error
    if len(names) > settings().max_columns:
        raise RejectFile(f"line 1: the header has more than {settings().max_columns:,} columns")
    if "\0" in header:
        raise RejectFile("line 1: the header holds a NUL byte: expected text in UTF-8")
    size = len(header.encode())
    if size >= _HEAD - len(BOM):  # it may go on beyond what was read
        raise RejectFile(f"line 1: the header is longer than {_HEAD - len(BOM):,} bytes")
    return [name.strip() if strip else name for name in names], size, len(taken)


def _noting(text: str, taken: list[str]) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        taken.append(line)
        yield line


def _check_columns(dataset: Dataset, found: list[str]) -> list[str]:
    missing = [c.name for c in dataset.columns if c.required and c.name not in found]
    if missing:
        expected = ", ".join(c.name for c in dataset.columns)
        raise RejectFile(
            f"line 1: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"expected {expected}, found {', '.join(found)[:300]}"
        )
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise RejectFile(f"line 1: column {', '.join(twice)} appears more than once")
    known = {c.name for c in dataset.columns}
    extra = [name for name in found if name not in known]
    return [f"unknown columns, not loaded: {', '.join(extra)}"] if extra else []


class _Prefixed:
    """A head that was read already (and hashed), then the rest of its stream."""

    def __init__(self, head: bytes, stream: BinaryIO, on_bytes: Callable[[bytes], None]) -> None:
        self._head, self._stream, self._on_bytes = head, stream, on_bytes

    def read(self, size: int) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        rest = self._stream.read(size - len(head)) if len(head) < size else b""
        self._on_bytes(rest)
        return head + rest

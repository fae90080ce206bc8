"""Files of text: read once from start to end, and cut into blocks where records end."""

from abc import ABC
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar

from penstock.declare.formats import Csv
from penstock.files import blocks, content
from penstock.files.blocks import Block, Shape
from penstock.files.content import Plain, Source, Stream
from penstock.files.encodings import BOM
from penstock.files.exact import Grammar
from penstock.files.streams import Rest
from penstock.formats.header import MOST_BYTES
from penstock.formats.reader import Reader
from penstock.formats.scanned import Scan
from penstock.settings import settings

_Cut = tuple[list[Block], int, int, list[str] | None, list[str], Csv | None]


@dataclass(frozen=True)
class Top:
    """What stands above the records, in bytes and lines, and what it says about them.

    Without a `grammar` a line feed ends each record.
    """

    size: int = 0
    lines: int = 0
    columns: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    dialect: Csv | None = None
    grammar: Grammar | None = None


@dataclass(frozen=True)
class TextReader(Reader, ABC):
    """Reads a format of text; each overrides what differs."""

    skips_nuls: ClassVar[bool] = True
    """Whether a run of NUL at the start is skipped, as in a log that was truncated in use."""

    def stream(self, source: Source) -> Stream:
        """The text of a file, in UTF-8."""
        return content.open_plain(source)

    def check(self, head: bytes) -> None:
        """Refuse a file that is not text, by its first bytes.

        Raises:
            RejectFile: it is not.
        """
        content.check_is_text(head)

    def top(self, head: bytes) -> Top:  # noqa: ARG002 - for formats with a header
        """What stands above the records, found in the first bytes behind a BOM.

        Raises:
            RejectFile: a header does not fit the dataset.
        """
        return Top()

    def scan(self, source: Source) -> Scan:
        content.check_size(source.place)
        with self.stream(source) as stream:
            head, skipped = _read_head(stream, self.skips_nuls)
            self.check(head)
            if isinstance(stream, Plain) and len(head) == MOST_BYTES:
                found = self._hashed_beside(source, head, skipped, stream)
            else:
                cut = self._cut(head, skipped, stream)
                found = Scan(stream.digest(), *cut)
            return replace(found, notes=stream.notes + found.notes)

    def _hashed_beside(self, source: Source, head: bytes, skipped: int, stream: Stream) -> Scan:
        """Hash the file while it is cut, which takes as long."""
        with ThreadPoolExecutor(1) as beside:  # its own: a fork has not its parent's threads
            hashing = beside.submit(content.digest, source.place)
            cut = self._cut(head, skipped, stream)
            return Scan(hashing.result(), *cut)

    def _cut(self, head: bytes, nuls: int, stream: Stream) -> _Cut:
        block_bytes, longest = settings().block_bytes, settings().max_record_bytes
        if len(head) < MOST_BYTES:  # the whole file: thousands of them need no large buffers
            block_bytes = min(block_bytes, MOST_BYTES)
        start = len(BOM) if head.startswith(BOM) else 0
        top = self.top(head[start:])
        start += top.size
        rest = Rest(head[start:], stream)
        start += nuls
        shape = Shape(block_bytes, longest, top.grammar)
        found = list(blocks.cut(rest, shape, start, 1 + top.lines))
        if nuls:
            top.notes.append(f"begins with {nuls + 1:,} NUL bytes: a log that was truncated in use")
        return found, start, stream.tell(), top.columns, top.notes, top.dialect


def _read_head(stream: Stream, skip_nuls: bool) -> tuple[bytes, int]:
    """The first bytes, and how many are skipped before them: of a run of NUL all but one.

    That one is kept so that the record it touches is refused.
    """
    head, skipped = _filled(b"", stream), 0
    while skip_nuls and head.startswith(b"\0\0"):
        text = head.lstrip(b"\0")
        skipped += len(head) - len(text) - 1
        head = _filled(b"\0" + text, stream)
    return head, skipped


def _filled(head: bytes, stream: Stream) -> bytes:
    """`head` with the bytes that follow, up to `MOST_BYTES`."""
    while len(head) < MOST_BYTES and (more := stream.read(MOST_BYTES - len(head))):
        head += more
    return head

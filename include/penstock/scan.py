"""The one look at a whole file before it loads: its hash, its header, its blocks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock import blocks, content, header
from penstock.blocks import Block, Shape
from penstock.content import BOM, Plain, Source, Stream
from penstock.dataset import Dataset, Format
from penstock.errors import RejectFile
from penstock.formats import Excel, Json, Listing, Parquet, w3c
from penstock.formats.logs.w3c import W3C
from penstock.settings import settings


@dataclass(frozen=True)
class Scan:
    """What a file is made of. `columns` is the header as found, None where the format has none.

    `first_data_byte` is where the records begin, after a BOM and a header; `content_bytes` is the
    size of the content, unzipped, as it was read. A listing has no hash, for its content is not
    read, and one block of no bytes. `continues` is the version with whose bytes it begins, where
    only what was appended is loaded, or all in the place of that.
    """

    content_hash: str | None
    blocks: list[Block]
    first_data_byte: int
    content_bytes: int
    columns: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    continues: int | None = None


def scan(dataset: Dataset, path: str, place: Path, file_id: int) -> Scan:
    """Read the file that landed at `path` once; its bytes are at `place`.

    Raises:
        RejectFile: it is not a file of this dataset at all; the message says why.
        OSError: the machine cannot read it.
    """
    if dataset.path_values(path) is None:
        raise RejectFile(f"the path is not of the form {dataset.path_pattern}")
    form = dataset.format_of(path)
    if isinstance(form, Listing):
        return Scan(None, [Block(0, 0, 1)], 0, 0)
    if place.stat().st_size > settings().max_file_bytes:
        raise content.TooLarge(f"the file is larger than {settings().max_file_bytes:,} bytes")
    source = Source.of(dataset, path, place, file_id)
    if isinstance(form, Parquet | Excel):
        return _scan_table(dataset, source, form)
    with content.open_plain(source) as stream:
        head, skipped = _read_head(stream, skip_nuls=not form.quote and not form.has_header)
        if not isinstance(form, Json):  # whose text was looked at before its records were cut out
            content.check_is_text(head, any_bytes=getattr(form, "escape_bytes", False))
        if isinstance(stream, Plain) and len(head) == header.MOST_BYTES:
            found = _hashed_beside(dataset, form, place, head, skipped, stream)
        else:
            cut = _cut(dataset, form, head, skipped, stream)
            of_bytes = content.digest(place) if isinstance(stream, Plain) else stream.digest()
            found = Scan(of_bytes, *cut)
        found = replace(found, notes=stream.notes + found.notes)
    return _with_fields(dataset, source, found) if isinstance(form, W3C) else found


def _with_fields(dataset: Dataset, source: Source, found: Scan) -> Scan:
    """With the fields that lines between the records name."""

    def read(block: Block) -> bytes:
        return content.read_range(source, block.first_byte, block.last_byte)

    columns = w3c.fields(found.blocks, read)
    notes = header.check(dataset, w3c.names_of(columns))
    return replace(found, columns=columns, notes=found.notes + notes)


def _scan_table(dataset: Dataset, source: Source, form: Parquet | Excel) -> Scan:
    """A file that is no text. The hash is that of its bytes, not of what they are made into."""
    table, found = content.spool_table(source, form)
    if len(table.names) > settings().max_columns:
        raise RejectFile(f"the file has more than {settings().max_columns:,} columns")
    notes = table.notes + header.check(dataset, table.names)
    size = found[-1].last_byte if found else 0
    of_bytes = content.digest_content(source.place)
    return Scan(of_bytes, found, 0, size, table.names, notes)


def _hashed_beside(
    dataset: Dataset, form: Format, place: Path, head: bytes, skipped: int, stream: Stream
) -> Scan:
    """Hash the file while it is cut, which takes as long."""
    with ThreadPoolExecutor(1) as beside:  # its own: a fork does not have its parent's threads
        hashing = beside.submit(content.digest, place)
        found = _cut(dataset, form, head, skipped, stream)
        return Scan(hashing.result(), *found)


def _cut(
    dataset: Dataset, form: Format, head: bytes, skipped: int, stream: Stream
) -> tuple[list[Block], int, int, list[str] | None, list[str]]:
    separator = form.separator or ","
    block_bytes, longest = settings().block_bytes, settings().max_record_bytes
    if len(head) < header.MOST_BYTES:  # the whole file: thousands such need no large buffers
        block_bytes = min(block_bytes, header.MOST_BYTES)
    shape = Shape(block_bytes, longest, form.quote, separator.encode(), form.strip)
    start = len(BOM) if head.startswith(BOM) else 0
    columns, notes, lines = None, [], 0
    if skipped:
        notes.append(f"begins with {skipped + 1:,} NUL bytes: a log that was truncated in use")
    if form.has_header:
        columns, size, lines = header.read(head[start:], separator, form.strip)
        notes = header.check(dataset, columns)
        start += size
    rest = content.Rest(head[start:], stream)
    start += skipped
    found = list(blocks.cut(rest, shape, start, 1 + lines))
    return found, start, stream.tell(), columns, notes


def _read_head(stream: Stream, skip_nuls: bool) -> tuple[bytes, int]:
    """The first bytes, and how many before them are skipped: of a run of NUL all but one.

    That one keeps the record that the run touches from being taken for a good one.
    """
    head, skipped = _filled(b"", stream), 0
    while skip_nuls and head.startswith(b"\0\0"):
        text = head.lstrip(b"\0")
        skipped += len(head) - len(text) - 1
        head = _filled(b"\0" + text, stream)
    return head, skipped


def _filled(head: bytes, stream: Stream) -> bytes:
    """`head` with what comes next, as long as a head can be."""
    while len(head) < header.MOST_BYTES and (more := stream.read(header.MOST_BYTES - len(head))):
        head += more
    return head

"""The one look at a whole file before it loads: its hash, its header, its blocks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.declare.dataset import Dataset, Format
from penstock.declare.formats import Csv, Excel, Json, Listing, Parquet
from penstock.declare.logs.w3c import W3C
from penstock.errors import RejectFile
from penstock.files import blocks, content
from penstock.files.blocks import Block, Shape
from penstock.files.compression import TooLarge
from penstock.files.content import Plain, Source, Stream
from penstock.files.encodings import BOM
from penstock.formats import dialect, header, w3c
from penstock.settings import settings

_Cut = tuple[list[Block], int, int, list[str] | None, list[str], Csv | None]


@dataclass(frozen=True)
class Scan:
    """What a file is made of.

    `columns` is the header as found, with as many names as records have fields, or the declared
    columns where a CSV has none; None for other formats. `dialect` is that of a CSV.

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
    dialect: Csv | None = None
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
        raise TooLarge(f"the file is larger than {settings().max_file_bytes:,} bytes")
    source = Source.of(dataset, path, place, file_id)
    if isinstance(form, Parquet | Excel):
        return _scan_table(dataset, source, form)
    with content.open_plain(source) as stream:
        head, skipped = _read_head(stream, skip_nuls=not isinstance(form, Csv))
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


def _cut(dataset: Dataset, form: Format, head: bytes, nuls: int, stream: Stream) -> _Cut:
    block_bytes, longest = settings().block_bytes, settings().max_record_bytes
    if len(head) < header.MOST_BYTES:  # the whole file: thousands such need no large buffers
        block_bytes = min(block_bytes, header.MOST_BYTES)
    start = len(BOM) if head.startswith(BOM) else 0
    top, grammar = _Top(), None
    if isinstance(form, Csv):
        top = _read_top(dataset, form, head[start:])
        grammar = dialect.grammar_of(top.dialect or form, len(top.columns or ()))
    start += top.size
    rest = content.Rest(head[start:], stream)
    shape = Shape(block_bytes, longest, grammar)
    start += nuls
    found = list(blocks.cut(rest, shape, start, 1 + top.lines))
    if nuls:
        top.notes.append(f"begins with {nuls + 1:,} NUL bytes: a log that was truncated in use")
    return found, start, stream.tell(), top.columns, top.notes, top.dialect


@dataclass(frozen=True)
class _Top:
    """What stands above the records of a CSV, and what it says of them."""

    size: int = 0
    lines: int = 0
    columns: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    dialect: Csv | None = None


def _read_top(dataset: Dataset, declared: Csv, head: bytes) -> _Top:
    form = dialect.detect(declared, head, dataset.file_columns)
    size, lines = dialect.skipped(head, form.skip or 0), form.skip or 0
    names = [column.name for column in dataset.file_columns]
    if form.header:
        names, size, lines = header.read(head, form)
    names = dialect.fitted(form, names, head[size:])
    named = header.named(names, dataset.file_columns)
    notes = header.check(dataset, names[:named], (form.skip or 0) + 1)
    if named < len(names):
        notes.append(header.nameless_note(named + 1, len(names)))
    if told := dialect.describe(form, declared):
        notes.append(told)
    return _Top(size, lines, names, notes, form)


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

"""Sample files for a new dataset: their format, encoding and content."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.declare.columns import Column, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, Excel, Format, Json, JsonLines, Parquet
from penstock.declare.suffixes import plain_name
from penstock.errors import PenstockError, RejectFile
from penstock.errors.display import excerpt
from penstock.files import content, encodings
from penstock.formats import header
from penstock.formats.dialect import SEPARATORS, detect, fitted
from penstock.formats.parse import parse
from penstock.formats.parsed import Parsed
from penstock.formats.registry import reader_of
from penstock.formats.scan import scan
from penstock.formats.scanned import Scan
from penstock.formats.tables import TableReader
from penstock.scaffold.headers import looks_like_header

_FORMS: dict[str, Format] = {
    ".csv": Csv(),
    ".tsv": Csv(separator="\t"),
    ".txt": Csv(),
    ".jsonl": JsonLines(),
    ".ndjson": JsonLines(),
    ".json": Json(),
    ".parquet": Parquet(),
    ".xlsx": Excel(),
}
_NO_COLUMN = (Text("no_column_of_any_file", required=False),)


@dataclass(frozen=True)
class Sources:
    """Sample files of one format and encoding, and notes on files that were left out."""

    files: list[Path]
    form: Format
    encoding: str | None
    notes: list[str]

    @property
    def suffix(self) -> str:
        """What the names of the files end in, in lower case and without a compression's."""
        return _suffix(self.files[0])

    def headers(self) -> list[str]:
        """The names of the columns of all files, in the order of their first appearance.

        Raises:
            PenstockError: a file has no columns; the message says why.
        """
        found: dict[str, None] = {}
        for path in self.files:
            with _named(path):
                found |= dict.fromkeys(self._headers(path))
        return list(found)

    def blocks(self, columns: Sequence[Column]) -> Iterator[tuple[Path, Scan, Parsed]]:
        """The records of all files, block by block.

        Raises:
            PenstockError: a file cannot be read; the message says why.
        """
        for path in self.files:
            with _named(path):
                found, blocks = self._read(path, columns)
            yield from ((path, found, block) for block in blocks)

    def head(self, path: Path, size: int = header.MOST_BYTES) -> bytes:
        """The first bytes of a file's content, in UTF-8 and without a BOM."""
        return _head(path, self.encoding, size)

    def _headers(self, path: Path) -> list[str]:
        match self.form:
            case Csv() as form:
                head = self.head(path)
                found = detect(form, head)
                names, size, _ = header.read(head, found)
                names = fitted(found, names, head[size:])
                return header.distinct(names if form.header else [""] * len(names))
            case Parquet() | Excel():
                reader = reader_of(self._dataset(_NO_COLUMN), path.name)
                assert isinstance(reader, TableReader)  # noqa: S101
                with _spooled() as file_id:
                    return header.distinct(reader.convert(reader.open(path, file_id))[0].names)
        _, blocks = self._read(path, _NO_COLUMN)
        keys = list(dict.fromkeys(key for block in blocks for key in block.unknown))
        if not keys:
            raise PenstockError("expected a JSON object a line, found none")
        return keys

    def _dataset(self, columns: Sequence[Column]) -> Dataset:
        return Dataset("sample", "A.", {"*": self.form}, tuple(columns), encoding=self.encoding)

    def _read(self, path: Path, columns: Sequence[Column]) -> tuple[Scan, list[Parsed]]:
        """The scan of a file, and its parsed blocks."""
        dataset = self._dataset(columns)
        with _spooled() as file_id:
            found = scan(dataset, path.name, path, file_id)
            source = reader_of(dataset, path.name).open(path, file_id)
            return found, [
                parse(
                    dataset,
                    path.name,
                    content.read_range(source, block.first_byte, block.last_byte),
                    block.first_line,
                    found.columns,
                    dialect=found.dialect,
                )
                for block in found.blocks
            ]


def find(paths: Sequence[Path]) -> Sources:
    """The samples among `paths`, files and folders of them: those of the format that most have.

    Raises:
        PenstockError: there are none, or they are of different formats.
    """
    found = [file for path in paths for file in _files(path)]
    counted = Counter(_suffix(path) for path in found if _suffix(path) in _FORMS)
    if not counted:
        given = ", ".join(map(str, paths))
        raise PenstockError(f"{given}: expected a file that ends in {', '.join(_FORMS)}")
    suffix = max(counted, key=lambda each: counted[each])
    files = [path for path in found if _suffix(path) == suffix]
    others = ", ".join(path.name for path in found if path not in files)
    notes = [f"not looked at, for most end in {suffix}: {excerpt(others)}"] if others else []
    encoding = None
    if not _FORMS[suffix].is_table:
        encoding = next(filter(None, map(_encoding, files)), None)
    return Sources(files, _form(suffix, files, encoding), encoding, notes)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise PenstockError(f"{path}: no such file")
    if not path.is_dir():
        return [path]
    inside = sorted(path.rglob("*"))
    return [file for file in inside if file.is_file() and not file.name.startswith(".")]


def _suffix(path: Path) -> str:
    return Path(plain_name(path.name)).suffix.lower()


def _form(suffix: str, files: Sequence[Path], encoding: str | None) -> Format:
    form = _FORMS[suffix]
    if not isinstance(form, Csv):
        return form
    forms: dict[Csv, Path] = {}
    for file in files:
        with _named(file):
            head = _head(file, encoding)
            found = detect(form, head)
            has_header = looks_like_header(head, found)
            forms.setdefault(replace(_declared(found), header=has_header), file)
    if len(forms) > 1:
        formats = "; ".join(f"{file.name} as {form}" for form, file in forms.items())
        raise PenstockError(f"the samples are written in different ways: {formats}")
    return next(iter(forms))


def _encoding(path: Path) -> str | None:
    """The likely encoding of a text that is not in UTF-8."""
    head = _first_bytes(path, None, header.MOST_BYTES)
    try:
        encodings.check_is_utf8(head)
    except RejectFile:
        return encodings.likely(head)
    return None


def _declared(found: Csv) -> Csv:
    """The part of a dialect that a dataset declares; the rest is detected in each file."""
    separator = None if found.separator == SEPARATORS[0] else found.separator
    return replace(found, separator=separator, skip=None)


def _head(path: Path, encoding: str | None, size: int = header.MOST_BYTES) -> bytes:
    head = _first_bytes(path, encoding, size)
    if size == header.MOST_BYTES:
        content.check_is_text(head)
    return head.removeprefix(encodings.BOM)


def _first_bytes(path: Path, encoding: str | None, size: int) -> bytes:
    with (
        _spooled() as file_id,
        content.open_plain(content.Source(path, file_id, encoding=encoding)) as stream,
    ):
        head = b""
        while len(head) < size and (more := stream.read(size - len(head))):
            head += more
        return head


@contextmanager
def _spooled() -> Iterator[int]:
    """A file_id that is not in the ledger; its spool is deleted at the end."""
    file_id = -os.getpid()
    try:
        yield file_id
    finally:
        content.spool(file_id).unlink(missing_ok=True)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the name of the file before the message of an error."""
    try:
        yield
    except (RejectFile, PenstockError) as error:
        raise PenstockError(f"{path}: {error}") from error

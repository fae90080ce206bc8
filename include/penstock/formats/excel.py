"""Excel workbooks: the rows of a sheet as text, with exact numbers and dates."""

import datetime
import errno
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound

from penstock.declare.formats import Excel
from penstock.errors import RejectFile
from penstock.files.compression import FileTooLarge
from penstock.formats.parquet import positional
from penstock.formats.tables import Table, TableReader
from penstock.settings import settings

_ROWS = 8192  # in a batch
_CHUNK = 1 << 20
_ALWAYS_ALLOWED = 64 << 20
_ERROR = b't="e"'
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)
Row = list[Any]


@dataclass(frozen=True)
class ExcelReader(TableReader):
    """Reads a sheet of an Excel workbook."""

    form: Excel

    def table(self, place: Path) -> Table:
        sheet = Sheet(place, self.form.sheet)
        return Table(sheet.names, sheet.batches(), sheet.notes)


class Sheet:
    """A sheet: its header, and the rows below it, without blank rows and nameless columns.

    Raises:
        RejectFile: the file is not a workbook, or has no such sheet.
    """

    def __init__(self, place: Path, name: str | None) -> None:
        self.notes = _look_inside(place)
        sheet = _open(place, name)
        self._rows = (
            (n, row) for n, row in enumerate(sheet.iter_rows(), 1) if any(map(_held, row))
        )
        _, header = next(self._rows, (0, []))
        names = [text_of(cell) for cell in header]
        while names and not names[-1].strip():
            names.pop()
        if not names:
            raise RejectFile("the sheet is empty: expected a header")
        self.names = names

    def batches(self) -> Iterator[tuple[list[int], list[pa.Array]]]:
        """The numbers of rows in the sheet, from 1, and their text, an array a column.

        Raises:
            RejectFile: a cell in a nameless column is not empty.
        """
        lines: list[int] = []
        texts: list[list[str]] = []
        for number, row in self._rows:
            if any(map(_held, row[len(self.names) :])):
                raise RejectFile(f"row {number}: a cell holds something in a column without a name")
            lines.append(number)
            texts.append([text_of(cell) for cell in row[: len(self.names)]])
            if len(lines) == _ROWS:
                yield lines, _columns(texts)
                lines, texts = [], []
        if lines:
            yield lines, _columns(texts)


def _columns(rows: list[list[str]]) -> list[pa.Array]:
    return [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]


def _held(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _open(place: Path, name: str | None) -> Any:
    try:
        book = CalamineWorkbook.from_path(str(place))
        if not book.sheet_names:
            raise RejectFile("the workbook has no sheets")
        return book.get_sheet_by_name(name or book.sheet_names[0])
    except WorksheetNotFound:
        held = ", ".join(map(repr, book.sheet_names))
        raise RejectFile(f"no sheet {name!r} in the workbook; it has {held}") from None
    except PasswordError:
        raise RejectFile("the workbook is encrypted") from None
    except CalamineError as error:
        raise RejectFile(f"no Excel workbook, or a damaged one: {error}") from error


def _look_inside(place: Path) -> list[str]:
    """Refuse a workbook that unpacks to too much; returns the notes on it."""
    size, errors = 0, False
    most = max(_ALWAYS_ALLOWED, settings().max_unpack_ratio * place.stat().st_size)
    try:
        with zipfile.ZipFile(place) as book:
            for member in book.infolist():
                with book.open(member) as part:
                    while chunk := part.read(_CHUNK):
                        size += len(chunk)
                        errors |= _ERROR in chunk
                        if size > most or size > settings().max_file_bytes:
                            raise FileTooLarge("the workbook unpacks to too much: a bomb?")
    except _DAMAGED as error:
        raise RejectFile(f"no Excel workbook, or a damaged one: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # zipfile seeks to an impossible offset
            raise
        raise RejectFile("no Excel workbook, or a damaged one") from error
    return ["cells with an error, such as #N/A, are read as empty"] if errors else []


def text_of(cell: object) -> str:
    """A cell as text. Whole numbers have no decimal point, a day has no time."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case float():
            text = positional(repr(cell)) or ""
            return text.removesuffix(".0")
        case datetime.datetime() if cell.time() == datetime.time():
            return cell.date().isoformat()
        case datetime.date() | datetime.time():
            return cell.isoformat()
    return str(cell)

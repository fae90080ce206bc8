"""Finds the reader of a declared format. Each is imported when it is first used."""

from penstock.declare.dataset import Dataset
from penstock.declare.formats import (
    Csv,
    Excel,
    FixedWidth,
    Json,
    JsonLines,
    Lines,
    Listing,
    Parquet,
)
from penstock.declare.logs.w3c import W3C
from penstock.errors import PenstockError
from penstock.formats.reader import Reader


def reader_of(dataset: Dataset, path: str) -> Reader:
    """What reads the file of `dataset` that landed at `path`.

    Raises:
        PenstockError: the dataset takes no such file, or its format has no reader.
    """
    match dataset.format_of(path):
        case Csv() as form:
            from penstock.formats.csv import CsvReader

            return CsvReader(dataset, form)
        case Lines() as form:
            from penstock.formats.lines import LinesReader

            return LinesReader(dataset, form)
        case FixedWidth() as form:
            from penstock.formats.fixed import FixedWidthReader

            return FixedWidthReader(dataset, form)
        case JsonLines():
            from penstock.formats.jsonlines import JsonLinesReader

            return JsonLinesReader(dataset)
        case Json() as form:
            from penstock.formats.documents import JsonReader

            return JsonReader(dataset, form)
        case W3C():
            from penstock.formats.w3c import W3CReader

            return W3CReader(dataset)
        case Parquet():
            from penstock.formats.parquet import ParquetReader

            return ParquetReader(dataset)
        case Excel() as form:
            from penstock.formats.excel import ExcelReader

            return ExcelReader(dataset, form)
        case Listing():
            from penstock.formats.listing import ListingReader

            return ListingReader(dataset)
        case form:
            raise PenstockError(f"dataset {dataset.name}: no reader for {type(form).__name__}")

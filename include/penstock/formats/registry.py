"""Finds the reader of a declared format. Each is imported when it is first used."""

from functools import singledispatch

from penstock.declare.dataset import Dataset
from penstock.declare.formats import (
    Csv,
    Excel,
    FixedWidth,
    Format,
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
    return reader_for(dataset.format_of(path), dataset)


@singledispatch
def reader_for(form: Format, dataset: Dataset) -> Reader:
    """What reads the files of `dataset` of the format `form`; `register` adds a format."""
    raise PenstockError(f"dataset {dataset.name}: no reader for {type(form).__name__}")


@reader_for.register
def _(form: Csv, dataset: Dataset) -> Reader:
    from penstock.formats.csv import CsvReader

    return CsvReader(dataset, form)


@reader_for.register
def _(form: Lines, dataset: Dataset) -> Reader:
    from penstock.formats.lines import LinesReader

    return LinesReader(dataset, form)


@reader_for.register
def _(form: FixedWidth, dataset: Dataset) -> Reader:
    from penstock.formats.fixed import FixedWidthReader

    return FixedWidthReader(dataset, form)


@reader_for.register
def _(_form: JsonLines, dataset: Dataset) -> Reader:
    from penstock.formats.jsonlines import JsonLinesReader

    return JsonLinesReader(dataset)


@reader_for.register
def _(form: Json, dataset: Dataset) -> Reader:
    from penstock.formats.documents import JsonReader

    return JsonReader(dataset, form)


@reader_for.register
def _(_form: W3C, dataset: Dataset) -> Reader:
    from penstock.formats.w3c import W3CReader

    return W3CReader(dataset)


@reader_for.register
def _(_form: Parquet, dataset: Dataset) -> Reader:
    from penstock.formats.parquet import ParquetReader

    return ParquetReader(dataset)


@reader_for.register
def _(form: Excel, dataset: Dataset) -> Reader:
    from penstock.formats.excel import ExcelReader

    return ExcelReader(dataset, form)


@reader_for.register
def _(_form: Listing, dataset: Dataset) -> Reader:
    from penstock.formats.listing import ListingReader

    return ListingReader(dataset)

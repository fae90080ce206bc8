"""Ugly files of which no record is a line: Parquet, Excel, JSON documents."""

import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq

from penstock.declare.formats import Excel, Json, Parquet
from tests.files.workbook import workbook
from tests.fuzz.file import COLUMNS, Row, Ugly
from tests.fuzz.rows import ALPHABET, as_text, row_of
from tests.fuzz.texts import dataset

PARQUET = dataset("parquet", "*.parquet", Parquet())
EXCEL = dataset("excel", "*.xlsx", Excel())
JSON = dataset("document", "*.json", Json())
TABLES = (PARQUET, EXCEL, JSON)
_TYPES = (pa.string(), pa.string(), pa.int64(), pa.timestamp("us", "UTC"), pa.date32())


def parquet(seed: int, dice: random.Random) -> Ugly:
    """Columns in any order, in groups of any size."""
    rows = _rows(dice, ALPHABET)
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    kinds = dict(zip(COLUMNS, _TYPES, strict=True))
    order = dice.sample(COLUMNS, 5)
    table = pa.table({name: pa.array(columns[name], kinds[name]) for name in order})
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=dice.choice((1, 7, 1000)))
    return _table(seed, "a.parquet", out.getvalue(), PARQUET, rows)


def excel(seed: int, dice: random.Random) -> Ugly:
    """Text as Excel can hold it, and small whole numbers as numbers."""
    alphabet = "".join(c for c in ALPHABET if c not in "\r\t\n")
    rows = []
    cells: list[list[object]] = [[*COLUMNS]]
    for row in _rows(dice, alphabet):
        code, note = row[0].strip(), row[1].strip().lstrip("# ")  # a cell with # holds an error
        short = (code, note, None if row[2] is None else row[2] % 10**9, *row[3:])
        rows.append(short)
        cells.append([text or None for text in as_text(dice, short)])
        if dice.random() < 0.5:
            cells[-1][2] = short[2]
        if dice.random() < 0.1:
            cells.append([None] * 5)
    return _table(seed, "a.xlsx", workbook({"A": cells}), EXCEL, rows)


def document(seed: int, dice: random.Random) -> Ugly:
    """An array of objects, or objects one behind the other, on any lines."""
    rows = _rows(dice, ALPHABET)
    found = [dict(zip(COLUMNS, as_text(dice, row), strict=True)) for row in rows]
    ascii_only, indent = dice.random() < 0.3, dice.choice((None, 0, 2))
    if dice.random() < 0.6:
        text = json.dumps(found, ensure_ascii=ascii_only, indent=indent)
    else:
        texts = [json.dumps(each, ensure_ascii=ascii_only, indent=indent) for each in found]
        text = dice.choice(("\n", " ", "\r\n\r\n")).join(texts)
    return _table(seed, "a.json", text.encode(), JSON, rows)


def _rows(dice: random.Random, alphabet: str) -> list[Row]:
    return [row_of(dice, alphabet) for _ in range(dice.choice((1, 3, 10, 40)))]


def _table(seed: int, name: str, data: bytes, of: object, rows: list[Row]) -> Ugly:
    known = (None, COLUMNS, COLUMNS, rows, [])
    return Ugly(seed, name, data, data, of, *known, is_text=False)  # type: ignore[arg-type]

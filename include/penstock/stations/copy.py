"""COPY the rows of a frame into a staging table, in Postgres' binary format where possible."""

import io
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
import pgpq
import pyarrow as pa
from psycopg import Connection, sql
from pyarrow import csv

from penstock.formats.frames import table_of

_SLICE = 16_384  # rows encoded at a time: bounds the memory the encoded bytes take


def encode(frame: pd.DataFrame, *, as_text: bool = False) -> Iterator[bytes | memoryview]:
    """Encode `frame`, without its index, for COPY, slice by slice.

    `as_text` sends text and lets the server parse it: slower, but it takes JSON and numbers that
    are too long for Arrow.
    """
    table = table_of(frame)
    return _as_csv(table) if as_text else _as_binary(table)


def copy_rows(
    connection: Connection,
    target: sql.Identifier,
    columns: Sequence[str],
    encoded: Iterable[bytes | memoryview],
    *,
    as_text: bool = False,
) -> None:
    """Append the output of `encode`, of a frame with `columns`, to the table `target`."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT {})").format(
        target,
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL("csv" if as_text else "binary"),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in encoded:
            copy.write(part)


def _as_binary(table: pa.Table) -> Iterator[bytes]:
    encoder = pgpq.ArrowToPostgresBinaryEncoder(table.schema)
    yield encoder.write_header()
    for batch in table.to_batches(max_chunksize=_SLICE):
        yield encoder.write_batch(batch)
    yield encoder.finish()


def _as_csv(table: pa.Table) -> Iterator[memoryview]:
    """For Arrow and Postgres, an unquoted empty field is null, and a quoted one is empty text."""
    options = csv.WriteOptions(include_header=False)
    for batch in table.to_batches(max_chunksize=_SLICE):
        out = io.BytesIO()
        csv.write_csv(batch, out, options)
        yield out.getbuffer()

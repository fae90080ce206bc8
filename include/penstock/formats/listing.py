"""Listing: what the ledger knows of a file, as the one row there is of it."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from penstock.declare.columns import Column
from penstock.formats.parsed import Parsed


def parse(path: str, etag: str, columns: Sequence[Column]) -> Parsed:
    """The row of the file at `path`, from its etag: size, and nanoseconds since 1970."""
    size, modified = etag.split("-", 1)
    instant = np.datetime64(int(modified) // 1000, "us")
    known = {"path": path, "size_bytes": size, "modified_at": f"{instant}Z"}
    fields = {column.name: pa.array([known[column.name]]) for column in columns}
    return Parsed(fields, np.array([1]), lambda _: path, 1)

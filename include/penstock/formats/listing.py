"""Listing: what the ledger knows of a file, as its one row. Its content is not read."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from penstock.files.blocks import Block
from penstock.files.content import Source
from penstock.formats.parsed import Parsed
from penstock.formats.reader import BlockContent, Reader
from penstock.formats.scanned import Scan


@dataclass(frozen=True)
class ListingReader(Reader):
    """Reads the path, size and time of a file."""

    def scan(self, source: Source) -> Scan:  # noqa: ARG002
        return Scan(None, [Block(0, 0, 1)], 0, 0)

    def parse(self, block: BlockContent) -> Parsed:
        """One row, from the path and the etag: size in bytes, and nanoseconds since 1970."""
        path = block.path
        size, modified = block.etag.split("-", 1)
        instant = np.datetime64(int(modified) // 1000, "us")
        known = {"path": path, "size_bytes": size, "modified_at": f"{instant}Z"}
        fields = {c.name: pa.array([known[c.name]]) for c in self.dataset.file_columns}
        return Parsed(fields, np.array([1]), lambda _: path, 1)

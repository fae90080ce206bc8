"""What a scan gives back: what a file is made of."""

from dataclasses import dataclass, field

from penstock.declare.formats import Csv
from penstock.files.blocks import Block


@dataclass(frozen=True)
class Scan:
    """What a file is made of.

    `columns` are the names in its header, one for each field of a record; the declared columns
    where a CSV has no header; None for formats without columns of their own. `dialect` is set for
    CSV only.

    `first_data_byte` is the offset of the first record, behind a BOM and a header; `content_bytes`
    is the size of the unpacked content. A listing has no hash, because its content is not read,
    and one block of no bytes. `continues` is the file_id of the version that this one appends to:
    then only the new records are loaded, or all of them in its place.
    """

    content_hash: str | None
    blocks: list[Block]
    first_data_byte: int
    content_bytes: int
    columns: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    dialect: Csv | None = None
    continues: int | None = None

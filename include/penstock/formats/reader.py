"""What each format brings: how its files are opened, scanned once, and parsed block by block."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv
from penstock.files.content import Source
from penstock.formats.parsed import Parsed
from penstock.formats.scanned import Scan


@dataclass(frozen=True)
class BlockContent:
    """A block to parse: its bytes, the line of the file on which they start, and its file.

    `columns` and `dialect` are those that the scan found. `etag` is how the landing zone knows the
    version of the file: its size and time.
    """

    path: str
    data: bytes
    first_line: int
    columns: Sequence[str] | None = None
    dialect: Csv | None = None
    etag: str = ""


@dataclass(frozen=True)
class Reader(ABC):
    """Reads the files of one dataset that have one format."""

    dataset: Dataset

    def open(self, place: Path, file_id: int) -> Source:
        """The content of the file at `place`, of which blocks are byte ranges.

        A format whose blocks are not ranges of the file's own text converts the file here.
        """
        return Source(place, file_id, self.dataset.encoding)

    @abstractmethod
    def scan(self, source: Source) -> Scan:
        """Read a file once, and find its blocks.

        Raises:
            RejectFile: it is not a file of this dataset; the message says why.
            OSError: the machine cannot read it.
        """

    @abstractmethod
    def parse(self, block: BlockContent) -> Parsed:
        """The rows of a block, and the records that are refused."""

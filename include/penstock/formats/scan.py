"""The scan: the one look at a whole file before it loads."""

from pathlib import Path

from penstock.declare.dataset import Dataset
from penstock.errors import RejectFile
from penstock.formats.registry import reader_of
from penstock.formats.scanned import Scan


def scan(dataset: Dataset, path: str, place: Path, file_id: int) -> Scan:
    """Read the file that landed at `path` once; its bytes are at `place`.

    Raises:
        RejectFile: it is not a file of this dataset; the message says why.
        OSError: the machine cannot read it.
    """
    if dataset.path_values(path) is None:
        raise RejectFile(f"the path is not of the form {dataset.path_pattern}")
    reader = reader_of(dataset, path)
    return reader.scan(reader.open(place, file_id))

"""What separates the fields of a sample: told from its first records."""

import csv
import io
from itertools import islice

from penstock.formats import Csv

_SEPARATORS = ",;\t|"
_LOOKED_AT = 50  # records


def dialect_of(head: bytes) -> Csv:
    """How to read a file that begins with `head`: most fields, the same number in most records."""
    text = head.decode("utf-8", "replace")
    return Csv(separator=max(_SEPARATORS, key=lambda separator: _fit(text, separator)))


def _fit(text: str, separator: str) -> tuple[int, int]:
    """How many records have as many fields as the first, if these are several; and how many."""
    try:
        records = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        counts = [len(record) for record in islice(records, _LOOKED_AT) if record]
    except csv.Error:
        return 0, 0
    if not counts or counts[0] < 2:
        return 0, 0
    return counts.count(counts[0]), counts[0]

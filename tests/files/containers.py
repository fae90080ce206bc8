"""Files in files: compression, archives, spreadsheets, column stores."""

import gzip

from tests.files.case import Case
from tests.files.datasets import ITEMS

_ONE = b"id,name,remark\n1,a,b\n"
_TWO = b"2,c,d\n"

CASES = [
    Case(
        kind="gzip (`.gz`), of one or several members",
        does="Loads, unzipped in a stream; a damaged one is rejected",
        name="two.csv.gz",
        data=gzip.compress(_ONE, mtime=0) + gzip.compress(_TWO, mtime=0),
        dataset=ITEMS,
        rows=[(1, "a", "b"), (2, "c", "d")],
    ),
    Case(
        kind="gzip that ends too early",
        does="Rejects the file",
        name="cut.csv.gz",
        data=gzip.compress(_ONE, mtime=0)[:-6],
        dataset=ITEMS,
        rejected="gzip is damaged",
    ),
]

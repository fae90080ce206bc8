"""Files in files: compression, archives, spreadsheets, column stores."""

import bz2
import gzip
import lzma

from backports import zstd

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
    *(
        Case(
            kind=f"{kind} (`{suffix}`), of one or several parts",
            does="Loads, unpacked in a stream; a damaged one is rejected",
            name=f"two.csv{suffix}",
            data=pack(_ONE) + pack(_TWO),
            dataset=ITEMS,
            rows=[(1, "a", "b"), (2, "c", "d")],
        )
        for kind, suffix, pack in (
            ("Zstandard", ".zst", zstd.compress),
            ("bzip2", ".bz2", bz2.compress),
            ("xz", ".xz", lzma.compress),
        )
    ),
    Case(
        kind="Compressed, but its name does not say so; or the other way round",
        does="Loads by its bytes; a note says so",
        name="misnamed.csv",
        data=gzip.compress(_ONE, mtime=0),
        dataset=ITEMS,
        rows=[(1, "a", "b")],
        notes=["compressed with gzip, which its name does not say"],
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

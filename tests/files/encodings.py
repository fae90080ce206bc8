"""Encodings of text, and what is no text."""

from tests.files.case import Case
from tests.files.datasets import ITEMS

CASES = [
    Case(
        kind="UTF-8 with a byte order mark",
        does="Loads; the mark is no data",
        name="bom.csv",
        data="\ufeffid,name,remark\n1,Zoë,ß\n".encode(),
        dataset=ITEMS,
        rows=[(1, "Zoë", "ß")],
    ),
    Case(
        kind="UTF-8 with a few records in another encoding",
        does="Loads the others; refuses these, their odd bytes shown as `\\xNN`",
        name="mixed.csv",
        data="id,name,remark\n1,Zoë,a\n".encode() + b"2,Zo\xeb,b\n3,c,d\n",
        dataset=ITEMS,
        rows=[(1, "Zoë", "a"), (3, "c", "d")],
        refused={3: "not UTF-8"},
    ),
    Case(
        kind="A NUL byte in a record",
        does="Loads the others; refuses this one, for Postgres' text holds no NUL",
        name="nul.csv",
        data=b"id,name,remark\n1,a,b\n2,c\0,d\n",
        dataset=ITEMS,
        rows=[(1, "a", "b")],
        refused={3: "NUL"},
    ),
    Case(
        kind="Another kind of file under the name, such as a PNG",
        does="Rejects the file; the reason names what it is",
        name="picture.csv",
        data=b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        dataset=ITEMS,
        rejected="PNG",
    ),
    Case(
        kind="An empty file",
        does="Rejects the file",
        name="empty.csv",
        data=b"",
        dataset=ITEMS,
        rejected="empty",
    ),
]

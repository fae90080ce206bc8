"""Encodings of text, and what is no text."""

from dataclasses import replace

from tests.files.case import Case
from tests.files.datasets import ITEMS

_LATIN = replace(ITEMS, encoding="cp1252")

CASES = [
    Case(
        kind="UTF-8 with a byte order mark",
        does="Loads; the mark is not data",
        name="bom.csv",
        data="\ufeffid,name,remark\n1,Zoë,ß\n".encode(),
        dataset=ITEMS,
        rows=[(1, "Zoë", "ß")],
    ),
    Case(
        kind="UTF-16 or UTF-32 with a byte order mark, either byte order",
        does="Loads, decoded in a stream; a note says from what",
        name="utf16.csv",
        data="\ufeffid,name,remark\r\n1,Zoë,ß\r\n".encode("utf-16-be"),
        dataset=ITEMS,
        rows=[(1, "Zoë", "ß")],
        notes=["decoded from utf-16-be"],
    ),
    Case(
        kind='Another encoding that the dataset declares: `encoding="cp1252"`',
        does="Loads, decoded in a stream",
        name="declared.csv",
        data="id,name,remark\n1,Zoë,5 €\n".encode("cp1252"),
        dataset=_LATIN,
        rows=[(1, "Zoë", "5 €")],
    ),
    Case(
        kind="Bytes that are invalid in the declared encoding",
        does="Rejects the file; the reason names line and bytes",
        name="undecodable.csv",
        data=b"id,name,remark\n1,a,b\n2,c\x81,d\n",
        dataset=_LATIN,
        rejected="line 3: not cp1252: no character has the bytes 81",
    ),
    Case(
        kind="Another encoding, not declared",
        does="Rejects the file; the reason names the likely encoding",
        name="undeclared.csv",
        data="id,name,remark\n1,a,b\n2,José,c\n".encode("cp1252"),
        dataset=ITEMS,
        rejected="looks like cp1252 (byte 0xe9 on line 3); declare encoding='cp1252'",
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
        does="Loads the others; refuses this one, because text in Postgres cannot hold NUL",
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

"""Makes ugly files, each from its own seed."""

import bz2
import gzip
import lzma
import random
from collections.abc import Callable

from backports import zstd

from tests.fuzz import logs, tables, texts
from tests.fuzz.file import Ugly

DATASETS = (
    *texts.CSV.values(),
    texts.DETECTED,
    texts.JSON,
    texts.LINES,
    texts.FIXED,
    logs.LOG,
    *tables.TABLES,
)
_TEXTS = (texts.csv, texts.csv, texts.csv, texts.json_lines, texts.lines, texts.fixed, logs.log)
_TABLES = (tables.parquet, tables.excel, tables.document)
Bytes = Callable[[bytes], bytes]


def make(seed: int) -> Ugly:
    """The file of this seed."""
    dice = random.Random(seed)
    form = dice.choice((*_TEXTS, *_TABLES))
    ugly = form(seed, dice)
    if dice.random() < 0.45:
        _mangle(ugly, dice)
    _encoded(ugly, dice)
    _packed(ugly, dice)
    return ugly


def _mangle(ugly: Ugly, dice: random.Random) -> None:
    """Break some bytes behind the header: from here on only what is not lost can be judged."""
    start = 0
    if ".csv" in ugly.name:
        start = min(i for i in (ugly.plain.find(b"\n"), ugly.plain.find(b"\r")) if i >= 0) + 1
        if ugly.plain[start : start + 1] == b"\n":
            start += 1
    body = bytearray(ugly.plain[start:])
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(body) + 1)
        match dice.randrange(7):
            case 0:
                body[at:at] = dice.choice((b'"', b'"', b'"', b'""', b"\\", b"'"))
            case 1:
                body[at : at + dice.choice((1, 1, 5, 60))] = b""
            case 2:
                body[at:at] = bytes([dice.randrange(256)])
            case 3:
                body[at:at] = dice.choice((b"\n", b"\r", b"\r\n", b"\n\n"))
            case 4:
                body[at:at] = (ugly.separator or ",").encode() * dice.choice((1, 1, 4, 9))
            case 5:
                body[at:at] = body[: dice.randrange(len(body) + 1)]
            case 6:
                body[at:at] = b"\0" * dice.choice((1, 40))
    ugly.plain = ugly.plain[:start] + bytes(body)
    ugly.data = ugly.plain
    ugly.rows = ugly.bad = None


def _encoded(ugly: Ugly, dice: random.Random) -> None:
    """In another encoding, with its byte order mark, now and then."""
    if ugly.rows is None or not ugly.is_text or dice.random() < 0.85:
        return
    encoding = dice.choice(("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"))
    ugly.data = ("\ufeff" + ugly.plain.decode()).encode(encoding)


def _packed(ugly: Ugly, dice: random.Random) -> None:
    """Compressed now and then, in one piece or two; a few are cut short, which rejects them."""
    if dice.random() < 0.75 or not ugly.data:
        return
    suffix, pack = dice.choice(PACKERS)
    at = dice.randrange(len(ugly.data)) if dice.random() < 0.3 else 0
    ugly.data = (pack(ugly.data[:at]) if at else b"") + pack(ugly.data[at:])
    ugly.name += suffix
    if dice.random() < 0.1:
        ugly.data = ugly.data[: -dice.randrange(1, 9)]
        ugly.cut_short = True


PACKERS: list[tuple[str, Bytes]] = [
    (".gz", lambda data: gzip.compress(data, 1, mtime=0)),
    (".zst", zstd.compress),
    (".bz2", bz2.compress),
    (".xz", lzma.compress),
]

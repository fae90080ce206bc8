"""Makes ugly files, each from its own seed, with what is known about what they hold."""

import bz2
import gzip
import json
import lzma
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from backports import zstd

from penstock.columns import Date, Integer, Text, Timestamp
from penstock.dataset import Dataset, Format
from penstock.datasets import get
from penstock.formats import Csv, JsonLines, Lines

COLUMNS = ("code", "note", "amount", "moment", "day")
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALPHABET = 'ab7Zé😀ß\u2028 _-=+@#%\'"",;|\t\n\r\\{}[]<>&$.:/'
_WORDS = ("NULL", "\\N", "NaN", "007", "1e5", "true", "-", "=1+1", "No", "{{ x }}", "\\x41", '""')

Row = tuple[Any, ...]
Bytes = Callable[[bytes], bytes]


def _dataset(name: str, pattern: str, form: Format) -> Dataset:
    return Dataset(
        f"ugly_{name}",
        "Whatever comes.",
        {pattern: form},
        (
            Text("code"),
            Text("note", required=False),
            Integer("amount", required=False),
            Timestamp("moment", required=False, zone="UTC"),
            Date("day", required=False),
        ),
        reject_when_bad=1,
    )


CSV = {mark: _dataset(name, "*.csv", Csv(mark)) for name, mark in SEPARATORS.items()}
JSON = _dataset("json", "*.jsonl", JsonLines())
LINES = _dataset("lines", "*.txt", Lines(separator="|"))
LOG = replace(get("access_log"), name="ugly_log", folder="ugly_log", reject_when_bad=1)
LOG_COLUMNS = (
    *("virtual_host", "host", "auth_user", "requested_at", "path", "status", "size_bytes"),
    *("referrer", "user_agent", "more_fields"),
)
DATASETS = (*CSV.values(), JSON, LINES, LOG)


@dataclass
class Ugly:
    """A file. `rows` are the good rows it holds, in their order, as values of `columns`, and `bad`
    the text of records that are refused, both None where nobody can know. `plain` is its content
    as UTF-8, not compressed; `header` its own names for what the fields between separators are.

    `cut_short` tells that what compresses it ends too early.
    """

    seed: int
    name: str
    data: bytes
    plain: bytes
    dataset: Dataset
    separator: str | None
    columns: tuple[str, ...] = COLUMNS
    header: tuple[str, ...] = COLUMNS
    rows: list[Row] | None = None
    bad: list[str] | None = None
    cut_short: bool = False


def make(seed: int) -> Ugly:
    """The file of this seed."""
    dice = random.Random(seed)
    form = dice.choice((_csv, _csv, _csv, _json, _lines, _log))
    ugly = form(seed, dice)
    if dice.random() < 0.45:
        _mangle(ugly, dice)
    _encoded(ugly, dice)
    _packed(ugly, dice)
    return ugly


def _row(dice: random.Random, alphabet: str) -> Row:
    def text() -> str:
        if dice.random() < 0.15:
            return "".join(c for c in dice.choice(_WORDS) if c in alphabet or c.isalnum())
        return "".join(dice.choices(alphabet, k=dice.choice((1, 2, 5, 12, 40))))

    moment = _EPOCH + timedelta(microseconds=dice.randrange(-(10**15), 4 * 10**15))
    maybe = dice.random() < 0.9
    return (
        f"c{dice.randrange(10**6)}{text()}",
        text() if dice.random() < 0.8 else "",
        dice.randrange(-(2**63), 2**63) if maybe else None,
        moment if dice.random() < 0.9 else None,
        moment.date() if dice.random() < 0.9 else None,
    )


def _as_text(dice: random.Random, row: Row) -> list[str]:
    """The fields as they may be written."""
    code, note, amount, moment, day = row
    return [
        code,
        note,
        "" if amount is None else str(amount),
        "" if moment is None else _written(dice, moment),
        "" if day is None else day.isoformat(),
    ]


def _written(dice: random.Random, moment: datetime) -> str:
    offset = timedelta(minutes=dice.choice((0, 60, -210, 345)))
    local = (moment + offset).replace(tzinfo=None).isoformat(timespec="microseconds")
    if not offset:
        return local + dice.choice(("Z", "+00:00", ""))
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "+" if offset > timedelta(0) else "-"
    return f"{local}{sign}{minutes // 60:02}{dice.choice((':', ''))}{minutes % 60:02}"


def _spoiled(dice: random.Random, fields: list[str]) -> list[str]:
    """Fields of a record that must be refused, whatever the format."""
    wrong = [*fields]
    match dice.randrange(4):
        case 0:
            wrong[2] = dice.choice(("12x", "1.5", "9" * 20, "--1", "0x10"))
        case 1:
            wrong[3] = dice.choice(("2024-13-01T00:00:00Z", "yesterday", "2024-02-30", "0"))
        case 2:
            wrong[4] = dice.choice(("2023-02-29", "01/02/2024", "x"))
        case 3:
            wrong[0] = ""
    return wrong


def _csv(seed: int, dice: random.Random) -> Ugly:
    separator = dice.choice([*SEPARATORS.values()])
    newline = dice.choice(("\n", "\n", "\r\n", "\r"))
    order = dice.sample(range(5), 5)
    header = tuple(COLUMNS[i] for i in order)
    name_of = dice.choice((str, str.upper, str.title))
    parts = [separator.join(map(name_of, header)) + newline]
    rows: list[Row] = []
    bad: list[str] = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = _row(dice, _ALPHABET)
        fields = _as_text(dice, row)
        if spoil := dice.random() < 0.1:
            fields = _spoiled(dice, fields)
        texts = [_quoted(dice, fields[i], separator) for i in order]
        if spoil and dice.random() < 0.4:
            texts = [*texts, "x"] if dice.random() < 0.5 else texts[:-1]
        record = separator.join(texts)
        parts.append(record + newline)
        if spoil:
            bad.append(record)
        else:
            rows.append(row)
        if dice.random() < 0.05:
            parts.append(dice.choice(("", separator * 4)) + newline)
    text = "".join(parts)
    if dice.random() < 0.3:
        text = text.removesuffix(newline)
    plain = text.encode()
    mark = b"\xef\xbb\xbf" * (dice.random() < 0.2)
    return Ugly(
        seed, "a.csv", mark + plain, plain, CSV[separator], separator, COLUMNS, header, rows, bad
    )


def _quoted(dice: random.Random, text: str, separator: str) -> str:
    needs = any(c in text for c in f'"\r\n{separator}') or text != text.strip()
    if needs or dice.random() < 0.2:
        return '"' + text.replace('"', '""') + '"'
    return text


def _json(seed: int, dice: random.Random) -> Ugly:
    rows: list[Row] = []
    bad: list[str] = []
    lines = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = _row(dice, _ALPHABET + "\x00"[:0])
        fields: list[object] = [*_as_text(dice, row)]
        if spoil := dice.random() < 0.1:
            fields = [*_spoiled(dice, _as_text(dice, row))]
        elif row[2] is not None and dice.random() < 0.7:
            fields[2] = row[2]
        pairs = [(k, v if v != "" or spoil else dice.choice(("", None))) for k, v in zip(
            COLUMNS, fields, strict=True)]  # fmt: skip
        dice.shuffle(pairs)
        line = json.dumps(dict(pairs), ensure_ascii=dice.random() < 0.3)
        lines.append(line)
        if spoil:
            bad.append(line)
        else:
            rows.append(row)
        if dice.random() < 0.05:
            lines.append("")
    newline = dice.choice(("\n", "\r\n"))
    plain = (newline.join(lines) + newline * (dice.random() < 0.7)).encode()
    return Ugly(seed, "a.jsonl", plain, plain, JSON, None, COLUMNS, COLUMNS, rows, bad)


def _lines(seed: int, dice: random.Random) -> Ugly:
    alphabet = "".join(c for c in _ALPHABET if c not in "|\n\r")
    rows: list[Row] = []
    bad: list[str] = []
    lines = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = _row(dice, alphabet)
        fields = _as_text(dice, row)
        if spoil := dice.random() < 0.1:
            fields = _spoiled(dice, fields)[: dice.choice((5, 5, 4))]
        lines.append("|".join(fields))
        (bad if spoil else rows).append(lines[-1] if spoil else row)  # type: ignore[arg-type]
    newline = dice.choice(("\n", "\r\n"))
    plain = (newline.join(lines) + newline * (dice.random() < 0.7)).encode()
    return Ugly(seed, "a.txt", plain, plain, LINES, "|", COLUMNS, COLUMNS, rows, bad)


def _log(seed: int, dice: random.Random) -> Ugly:
    rows: list[Row] = []
    bad: list[str] = []
    lines = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = _request(dice)
        lines.append(_logged(dice, row))
        if dice.random() < 0.1:
            lines[-1] = dice.choice((lines[-1].replace("[", "(", 1), "-", "gone away"))
            bad.append(lines[-1])
        else:
            shown = row if row[-2] != "-" else (*row[:-1], "-")  # without an agent, no more fields
            rows.append(tuple("" if value == "-" else value for value in shown))
    plain = ("\n".join(lines) + "\n" * (dice.random() < 0.7)).encode()
    return Ugly(seed, "a.log", plain, plain, LOG, None, LOG_COLUMNS, LOG_COLUMNS, rows, bad)


def _request(dice: random.Random) -> Row:
    """A request in the order of `LOG_COLUMNS`."""
    alphabet = "".join(c for c in _ALPHABET if c not in '"\\\n\r\t')

    def text(stops: str, *more: str) -> str:
        found = [*(c for c in alphabet if c not in stops), *more]
        return "".join(dice.choices(found, k=dice.choice((1, 5, 30))))

    moment = _EPOCH + timedelta(seconds=dice.randrange(8 * 10**8, 4 * 10**9))
    combined = dice.random() < 0.7
    return (
        dice.choice(("-", "-", "shop.example:443")),
        dice.choice(("192.0.2.7", "2001:db8::1", "host.example", "::ffff:192.0.2.1")),
        dice.choice(("-", "ann", "ann lee", "DOM\\\\ann")),
        moment,
        "/" + text(" ", '\\"', "\\x22", "%20"),
        dice.randrange(100, 600),
        dice.choice((0, 5, 2**40)),
        dice.choice(("-", "https://example.org/" + text(""))) if combined else "-",
        "Mozilla/5.0 " + text("", '\\"', "\\x22") if combined else "-",
        dice.choice(("-", "12 0.5", '"x y" rt=0.1', 'a="b c" -')),
    )


def _logged(dice: random.Random, row: Row) -> str:
    host, client, user, moment, path, status, size, referrer, agent, more = row
    zone = timezone(timedelta(minutes=dice.choice((0, 60, -210))))
    time = moment.astimezone(zone).strftime("%d/%b/%Y:%H:%M:%S %z")
    line = f'{client} - {user} [{time}] "GET {path} HTTP/1.1" {status} {size}'
    if host != "-":
        line = f"{host} {line}"
    if agent != "-":
        line += f' "{referrer}" "{agent}"'
    return f"{line} {more}" if more != "-" and agent != "-" else line


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
    if ugly.rows is None or dice.random() < 0.85:
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

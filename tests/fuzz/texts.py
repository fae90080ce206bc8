"""Ugly text: CSV, JSON lines, lines with separators, fixed width."""

import json
import random

from penstock.declare.columns import Date, Integer, Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, FixedWidth, Format, JsonLines, Lines
from tests.fuzz.file import COLUMNS, Row, Ugly
from tests.fuzz.rows import ALPHABET, as_text, row_of, spoiled

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
WIDTHS = {
    "code": (1, 50),
    "note": (51, 95),
    "amount": (96, 120),
    "moment": (121, 155),
    "day": (156, 165),
}


def dataset(name: str, pattern: str, form: Format) -> Dataset:
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


CSV = {mark: dataset(name, "*.csv", Csv(mark)) for name, mark in SEPARATORS.items()}
DETECTED = dataset("detected", "*.csv", Csv())
JSON = dataset("json", "*.jsonl", JsonLines())
LINES = dataset("lines", "*.txt", Lines(separator="|"))
FIXED = dataset("fixed", "*.fix", FixedWidth(WIDTHS))


def csv(seed: int, dice: random.Random) -> Ugly:
    separator = dice.choice([*SEPARATORS.values()])
    newline = dice.choice(("\n", "\n", "\r\n", "\r"))
    order = dice.sample(range(5), 5)
    header = tuple(COLUMNS[i] for i in order)
    name_of = dice.choice((str, str.upper, str.title))
    parts = [separator.join(map(name_of, header)) + newline]
    rows: list[Row] = []
    bad: list[str] = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = row_of(dice, ALPHABET)
        fields = as_text(dice, row)
        if spoil := dice.random() < 0.1:
            fields = spoiled(dice, fields)
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


def json_lines(seed: int, dice: random.Random) -> Ugly:
    rows: list[Row] = []
    bad: list[str] = []
    lines = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = row_of(dice, ALPHABET + "\x00"[:0])
        fields: list[object] = [*as_text(dice, row)]
        if spoil := dice.random() < 0.1:
            fields = [*spoiled(dice, as_text(dice, row))]
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


def lines(seed: int, dice: random.Random) -> Ugly:
    alphabet = "".join(c for c in ALPHABET if c not in "|\n\r")
    rows: list[Row] = []
    bad: list[str] = []
    lines = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = row_of(dice, alphabet)
        fields = as_text(dice, row)
        if spoil := dice.random() < 0.1:
            fields = spoiled(dice, fields)[: dice.choice((5, 5, 4))]
        lines.append("|".join(fields))
        (bad if spoil else rows).append(lines[-1] if spoil else row)  # type: ignore[arg-type]
    newline = dice.choice(("\n", "\r\n"))
    plain = (newline.join(lines) + newline * (dice.random() < 0.7)).encode()
    return Ugly(seed, "a.txt", plain, plain, LINES, "|", COLUMNS, COLUMNS, rows, bad)


def fixed(seed: int, dice: random.Random) -> Ugly:
    """Fields at the same characters of each line; blanks around them are none of theirs."""
    alphabet = "".join(c for c in ALPHABET if c not in "\n\r\t\u2028 ")
    rows: list[Row] = []
    bad: list[str] = []
    lines = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = row_of(dice, alphabet)
        fields = as_text(dice, row)
        if spoil := dice.random() < 0.1:
            fields = spoiled(dice, fields)
        widths = (last - first + 1 for first, last in WIDTHS.values())
        line = "".join(f.ljust(w) for f, w in zip(fields, widths, strict=True)).rstrip(" ")
        lines.append(line)
        if spoil:
            bad.append(line)
        else:
            rows.append(row)
    plain = ("\n".join(lines) + "\n" * (dice.random() < 0.7)).encode()
    return Ugly(seed, "a.fix", plain, plain, FIXED, None, COLUMNS, COLUMNS, rows, bad)

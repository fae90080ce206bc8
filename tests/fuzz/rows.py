"""Rows at random, and how their values may be written."""

import random
from datetime import UTC, datetime, timedelta

from tests.fuzz.file import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ALPHABET = 'ab7Zé😀ß\u2028 _-=+@#%\'"",;|\t\n\r\\{}[]<>&$.:/'
_WORDS = ("NULL", "\\N", "NaN", "007", "1e5", "true", "-", "=1+1", "No", "{{ x }}", "\\x41", '""')


def row_of(dice: random.Random, alphabet: str) -> Row:
    def text() -> str:
        if dice.random() < 0.15:
            return "".join(c for c in dice.choice(_WORDS) if c in alphabet or c.isalnum())
        return "".join(dice.choices(alphabet, k=dice.choice((1, 2, 5, 12, 40))))

    moment = EPOCH + timedelta(microseconds=dice.randrange(-(10**15), 4 * 10**15))
    maybe = dice.random() < 0.9
    return (
        f"c{dice.randrange(10**6)}{text()}",
        text() if dice.random() < 0.8 else "",
        dice.randrange(-(2**63), 2**63) if maybe else None,
        moment if dice.random() < 0.9 else None,
        moment.date() if dice.random() < 0.9 else None,
    )


def as_text(dice: random.Random, row: Row) -> list[str]:
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


def spoiled(dice: random.Random, fields: list[str]) -> list[str]:
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

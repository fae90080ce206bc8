"""Text of files as people see it: on a terminal, quoted in a reason, in a spreadsheet."""

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters: they move the cursor, clear, colour, retitle
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # change the order of what is shown
    "\ud800-\udfff]"  # halves of characters, of which no terminal knows
)
_FORMULA = re.compile("['=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_MOST_QUOTED = 60  # characters of a value in a reason


def visible(text: str) -> str:
    r"""`text` in one line, its control characters escaped: a terminal shows `\x1b`, and obeys none.

    What is not ASCII becomes `\uXXXX`; a byte of a file's name that is not UTF-8 `\xXX`.
    """
    return _UNSAFE.sub(_escaped, text)


def excerpt(value: str) -> str:
    """`value` as a reason shows it: shortened, and in quotes where it begins or ends in blanks."""
    short = value if len(value) <= _MOST_QUOTED else f"{value[: _MOST_QUOTED - 1]}…"
    told = visible(short)
    return told if told == told.strip() else f'"{told}"'


def without_formula(field: str) -> str:
    """`field` of a CSV that a spreadsheet may open: with a `'` in front of what it could execute.

    A field that begins with `'` gets another one, so whoever takes one `'` off the front of each
    field has what was there before.
    """
    return f"'{field}" if _FORMULA.match(field) else field


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # Python keeps a byte of a file's name so
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

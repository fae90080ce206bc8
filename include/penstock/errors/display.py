"""Show text from files safely: on a terminal, quoted in a reason, in a spreadsheet."""

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters: they move the cursor, clear, colour, retitle
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # change the order of what is shown
    "\ud800-\udfff]"  # surrogates, which no terminal can show
)
_FORMULA = re.compile("['=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_MOST_QUOTED = 60  # characters of a value in a reason


def visible(text: str) -> str:
    r"""Return `text` as one line with its control characters escaped, so no terminal obeys them.

    A character above U+00FF becomes `\uXXXX`; a byte of a file name that is not UTF-8 `\xXX`.
    """
    return _UNSAFE.sub(_escaped, text)


def excerpt(value: str) -> str:
    """Shorten `value` for a reason; put it in quotes if it begins or ends with a blank."""
    short = value if len(value) <= _MOST_QUOTED else f"{value[: _MOST_QUOTED - 1]}…"
    shown = visible(short)
    return shown if shown == shown.strip() else f'"{shown}"'


def without_formula(field: str) -> str:
    """Put a `'` in front of a CSV field that a spreadsheet could execute as a formula.

    A field that begins with `'` gets another one, so removing one leading `'` from each field
    restores the original.
    """
    return f"'{field}" if _FORMULA.match(field) else field


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # Python's surrogateescape of a byte in a file name
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

"""What a tool gave, held against the rows that a file means."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bench.files.readers import Rows


def right(meant: Sequence[Sequence[Any]], names: Sequence[str], given: Rows) -> int:
    """How many of the rows that are meant are among those given, each counted once."""
    columns = [_plain(name) for name in names]
    left = [{_plain(str(k)): v for k, v in row.items()} for row in given]
    found = 0
    for row in meant:
        same = next((g for g in left if _same_row(row, columns, g)), None)
        if same is not None:
            left.remove(same)
            found += 1
    return found


def _same_row(row: Sequence[Any], columns: Sequence[str], given: Mapping[str, Any]) -> bool:
    return all(_same(value, given.get(name)) for value, name in zip(row, columns, strict=True))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _same(meant: Any, given: Any) -> bool:
    """Whether a value says the same: text exactly; empty and null are one; others by value."""
    if meant in ("", None) or given in ("", None):
        return meant in ("", None) and given in ("", None)
    if isinstance(meant, dict):
        ((kind, text),) = meant.items()
        return _same_typed(kind, text, given)
    if isinstance(meant, bool):
        return given is meant or str(given).casefold() in {str(meant).casefold(), "t", "f"}
    if isinstance(meant, int):
        return _number(given) == meant
    return type(meant) is type(given) and meant == given


def _same_typed(kind: str, text: str, given: Any) -> bool:
    match kind:
        case "number":
            return _number(given) == Decimal(text)
        case "day":
            day = given.date() if isinstance(given, datetime) else given
            return str(day) == text
    instant = _instant(given)
    return instant is not None and instant == datetime.fromisoformat(text)


def _number(given: Any) -> Decimal | None:
    try:
        return Decimal(str(given))
    except InvalidOperation:
        return None


def _instant(given: Any) -> datetime | None:
    """A time without a zone counts as UTC; text counts where Python can read it."""
    try:
        found = given if isinstance(given, date) else datetime.fromisoformat(str(given))
    except ValueError:
        return None
    if not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)
    return found if found.tzinfo else found.replace(tzinfo=UTC)

"""Writes values for people: counts, times, sizes, shares, and text from files."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from penstock.errors.display import visible

_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_NONE = "-"
_LONGEST_CELL = 200  # characters


def count(number: float | Decimal | None) -> str:
    """Write a number with thousands separators: 1,234,567; a dash for None."""
    return _NONE if number is None else f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: `1 file`, `2,000 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int | None) -> str:
    """Write a number of bytes: `12.3 MB`, in steps of 1,000."""
    if number is None:
        return _NONE
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:,.0f} {_UNITS[unit]}" if unit == 0 else f"{value:,.1f} {_UNITS[unit]}"


def share(part: float | None, of: float | None) -> str:
    """Write a share as a percentage: `0.4 %`; `0 %` of nothing. A small share is never `0 %`."""
    if not part or not of:
        return "0 %"
    percent = 100 * part / of
    return f"{percent:.2g} %" if percent < 1 else f"{percent:.1f} %"


def when(time: datetime | date | None) -> Markup:
    """Write a time in ISO 8601 UTC, as an element for which the script adds the local time."""
    if time is None:
        return Markup("<span>{}</span>").format(_NONE)
    if not isinstance(time, datetime):
        return Markup("<time>{}</time>").format(time.isoformat())
    stamp = f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time datetime="{}">{}</time>').format(stamp, stamp)


def moment(time: datetime | None) -> str:
    """Write a time for a field of a form, in UTC: `2024-05-01T12:00:00`."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" if time else ""


def day(time: datetime | None) -> str:
    """Write the day of a time for a field of a form, in UTC: `2024-05-01`."""
    return f"{time.astimezone(UTC):%Y-%m-%d}" if time else ""


def duration(seconds: float | timedelta | None) -> str:
    """Write a duration: `20 ms`, `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if seconds is None:
        return _NONE
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, parts, small in ((86400, 3600, "d h"), (3600, 60, "h min"), (60, 1, "min s")):
        if whole >= unit:
            names = small.split()
            rest = whole % unit // parts
            return f"{whole // unit} {names[0]}" + (f" {rest} {names[1]}" if rest else "")
    return f"{whole} s"


def ago(time: datetime | None) -> str:
    """Write how long ago a time was, in its largest unit: `3 h ago`."""
    if time is None:
        return _NONE
    past = datetime.now(UTC) - time
    if past < timedelta(seconds=5):
        return "just now"
    return f"{' '.join(duration(past).split()[:2])} ago"


def raw(text: str | None) -> str:
    """Write text from a file as one line, its control and direction characters escaped."""
    return _NONE if text is None else visible(text)


def prose(text: str | None) -> Markup:
    """Write a description from a contract or a declaration: its `code` as code."""
    parts = (text or "").split("`")
    shown = (
        Markup("<code>{}</code>").format(part) if n % 2 else Markup("{}").format(part)
        for n, part in enumerate(parts)
    )
    return Markup().join(shown)


def cell(value: Any) -> Any:
    """Write a value of any type for a table."""
    match value:
        case None | bool():
            return _NONE if value is None else str(value).lower()
        case int() | float() | Decimal():
            return f"{value:,}"
        case datetime() | date():
            return when(value)
        case list() | dict():
            return raw(json.dumps(value, ensure_ascii=False, default=str))
    text = raw(str(value))
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def with_query(path: str, query: Mapping[str, Any]) -> str:
    """Return an address with those of the query's values that are neither None nor empty."""
    given = {name.rstrip("_"): value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


FILTERS: dict[str, Callable[..., Any]] = {
    "count": count,
    "plural": plural,
    "size": size,
    "share": share,
    "when": when,
    "moment": moment,
    "day": day,
    "duration": duration,
    "ago": ago,
    "raw": raw,
    "cell": cell,
    "quote": partial(quote, safe=""),
    "prose": prose,
}
"""The filters of the templates, by name."""

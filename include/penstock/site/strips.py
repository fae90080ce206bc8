"""Draws two small charts of one line each: what loaded by day, and the steps of a file.

Each part is told in words when it is pointed at or focused; the arrow keys go from part to part.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from penstock.site.text import duration

_WIDTH = 360
_WIDE = 1200
_HEIGHT = 36
_TEXT = _HEIGHT + 16  # where the words stand
_LEAST = 3.0  # units of a bar or a step that is small beside the others


class Day(NamedTuple):
    """A day: good and refused records, rejected files; `told` in words, `address` of its files."""

    name: str
    good: int
    bad: int
    rejected: int
    told: str
    address: str | None


class Stage(NamedTuple):
    """A step of a file with its duration in seconds."""

    name: str
    seconds: float


def days(title: str, parts: Sequence[Day]) -> Markup:
    """Draw a column for each day. Refused records stand on top; a cross marks rejected files."""
    most = max((day.good + day.bad for day in parts), default=0)
    step = _WIDTH / max(len(parts), 1)
    drawn = Markup().join(_day(day, n * step, step - 2, most) for n, day in enumerate(parts))
    ends = Markup(
        '<text class="end" y="{1}">{0}</text><text class="end last" x="{2}" y="{1}">today</text>'
    )
    return _svg(title, _WIDTH, ends.format(parts[0].name, _TEXT, _WIDTH) + drawn)


def stages(title: str, parts: Sequence[Stage]) -> Markup:
    """Draw the steps side by side, each as long as it took; a short one remains visible."""
    total = sum(part.seconds for part in parts) or 1.0
    room = _WIDE - _LEAST * len(parts)
    drawn, x = Markup(), 0.0
    for n, part in enumerate(parts):
        width = _LEAST + room * part.seconds / total
        bar = Markup('<rect class="color-{}" x="{:.1f}" y="0" width="{:.1f}" height="{}"/>')
        drawn += _part(
            bar.format(n % 8, x, max(width - 1, 1), _HEIGHT),
            f"{part.name}: {duration(part.seconds)}",
        )
        x += width
    return _svg(title, _WIDE, drawn)


def _day(day: Day, x: float, width: float, most: int) -> Markup:
    bad = _tall(day.bad, most)
    good = _tall(day.good, most)
    bar = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    drawn = bar.format("ground", x, 0, width, _HEIGHT)
    drawn += bar.format("base", x, _HEIGHT - 1, width, 1)
    if good:
        drawn += bar.format("good", x, _HEIGHT - good, width, good)
    if bad:
        drawn += bar.format("bad", x, _HEIGHT - good - bad, width, bad)
    if day.rejected:
        middle = x + width / 2
        drawn += Markup('<path class="cross" d="M{:.1f} 1l6 6m0-6l-6 6"/>').format(middle - 3)
    return _part(drawn, f"{day.name}: {day.told}", day.address)


def _tall(number: int, most: int) -> float:
    return max(_LEAST, (_HEIGHT - 8) * number / most) if number else 0.0


def _part(drawn: Markup, told: str, address: str | None = None) -> Markup:
    """Return a part with its words, as a link where it leads to something."""
    words = Markup('<title>{0}</title>{1}<text class="told" y="{2}">{0}</text>')
    inside = words.format(told, drawn, _TEXT)
    if address:
        link = Markup('<a href="{}" class="part" tabindex="-1" aria-label="{}">{}</a>')
        return link.format(address, told, inside)
    group = Markup('<g class="part" tabindex="-1" role="img" aria-label="{}">{}</g>')
    return group.format(told, inside)


def _svg(title: str, width: int, drawn: Markup) -> Markup:
    return Markup(
        '<svg class="strip chart" viewBox="0 0 {} {}" role="group" tabindex="0"'
        ' aria-label="{}. The arrow keys go from part to part.">{}</svg>'
    ).format(width, _TEXT + 6, title, drawn)

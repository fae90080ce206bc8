"""Draws charts as SVG within a figure, each with its numbers as a table for those who read.

The style sheet gives the colours, so a chart follows light and dark without being drawn again.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pygal
from markupsafe import Markup, escape
from pygal.style import Style

from penstock.site.keeping import kept
from penstock.site.text import count
from penstock.site.world import VIEW, codes

# pygal adds a finder of Python 2's protocol, of which each failing import then warns.
sys.meta_path[:] = [f for f in sys.meta_path if type(f).__module__ != "pygal"]

_MOST_LABELS = 6  # on the axis of time
_SHADES = 5  # of a map
_MOST_DOTS = 150  # of a line
_LONGEST_POWER = 5  # written with its zeros
_MOST_ROWS = 400  # of the table under a chart
_WIDTH = 900
# What our style sheet sets, for pygal to leave room for texts of this size.
_STYLE = Style(label_font_size=12, major_label_font_size=12, value_font_size=12)

Points = Sequence[float | Decimal | None]
"""The values of a series, one for each label; None where there is none."""


@kept
def columns(
    title: str, labels: Sequence[Any], series: Mapping[str, Points], *, height: int = 260
) -> Markup:
    """Draw stacked columns, such as counts over time. A label is a text, a time or a day."""
    chart = pygal.StackedBar(**_options(height), spacing=1)
    stacks = zip(*series.values(), strict=True)
    highest = max((sum(value or 0 for value in stack) for stack in stacks), default=0)
    return _drawn(chart, float(highest), title, labels, series)


@kept
def lines(
    title: str, labels: Sequence[Any], series: Mapping[str, Points], *, height: int = 260
) -> Markup:
    """Draw lines, such as one for each candidate over time."""
    chart = pygal.Line(**_options(height), dots_size=2)
    highest = max((value or 0 for values in series.values() for value in values), default=0)
    return _drawn(chart, float(highest), title, labels, series)


@kept
def steep(title: str, values: Sequence[Decimal]) -> Markup:
    """Draw values, one a step, on a logarithmic scale; exact in the table, whatever their size."""
    labels = range(len(values))
    many = len(values) > _MOST_DOTS
    chart = pygal.Line(**_options(260), dots_size=2, show_dots=not many, logarithmic=True)
    powers = _ticks(max(value.adjusted() for value in values))
    chart.y_labels = [{"value": 10 ** int(n), "label": _power(int(n))} for n in powers]
    chart.y_labels_major = []
    chart.x_labels = [str(n) for n in labels]
    chart.x_labels_major = [str(int(n)) for n in _ticks(len(values) - 1)]
    chart.add("value", [float(value) for value in values])
    return _figure(chart, title, labels, {"value": values})


def _power(exponent: int) -> str:
    """Write a power of ten: `1,000`, `10¹²`."""
    superscript = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return count(10**exponent) if exponent < _LONGEST_POWER else f"10{superscript}"


@kept
def bars(title: str, labels: Sequence[Any], values: Points, *, name: str = "count") -> Markup:
    """Draw a horizontal bar for each label, the first on top."""
    series = {name: values}
    chart = pygal.HorizontalBar(
        **_options(20 + 26 * max(len(labels), 1)),
        print_values=True,
        print_values_position="top",  # the end of a bar
        show_x_labels=False,
        range=(0, 1.1 * float(max((value or 0 for value in values), default=0))),  # and the number
    )
    chart.x_labels = _texts(labels)[::-1]
    chart.add(name, list(reversed(values)))
    return _figure(chart, title, labels, series)


@kept
def world(title: str, shapes: str, counts: Mapping[str, int], names: Mapping[str, str]) -> Markup:
    """Draw a map of the world: the darker a country, the higher its count.

    `shapes` is the address of `world.svg`; keys are codes of countries (ISO 3166, upper case).
    """
    largest = max(counts.values(), default=0)
    drawn = Markup().join(
        Markup('<use href="{}#{}" class="shade-{}"><title>{}: {}</title></use>').format(
            shapes, code, _shade(counts.get(code.upper(), 0), largest),
            names.get(code.upper(), code.upper()), count(counts.get(code.upper(), 0)),
        )
        for code in codes()
    )  # fmt: skip
    key = Markup().join(
        Markup('<span class="shade-{}">{}</span>').format(n, f"from {count(_least(n, largest))}")
        for n in range(1, _SHADES + 1)
        if n == 1 or _least(n, largest) > _least(n - 1, largest)
    )
    told = [names.get(code, code) for code in counts]
    table = _table(title, told, {"count": list(counts.values())})
    return Markup(
        '<figure class="plot world"><figcaption>{}<span class="legend">{}</span></figcaption>'
        '<div class="scroll" tabindex="0" role="group" aria-label="{}">'
        '<svg role="img" aria-label="{}" viewBox="{}">{}</svg></div>{}</figure>'
    ).format(title, key, title, title, VIEW, drawn, table)


def _least(shade: int, largest: int) -> int:
    """Return the least count of a shade. Each shade is as many times darker as it is larger."""
    return math.ceil(round(math.pow(largest, (shade - 1) / _SHADES), 9))


def _shade(number: int, largest: int) -> int:
    return max((n for n in range(1, _SHADES + 1) if number >= _least(n, largest)), default=0)


def _options(height: int) -> dict[str, Any]:
    return {
        "js": [],
        "css": [],
        "classes": ("chart",),
        "style": _STYLE,
        "width": _WIDTH,
        "height": height,
        "margin": 10,
        "disable_xml_declaration": True,
        "no_prefix": True,
        "show_legend": False,
        "value_formatter": _value,
        "show_minor_x_labels": False,
        "truncate_label": 40,
    }


def _drawn(
    chart: Any, highest: float, title: str, labels: Sequence[Any], series: Mapping[str, Points]
) -> Markup:
    step = max(1, -(-len(labels) // _MOST_LABELS))
    chart.x_labels = _texts(labels)
    chart.x_labels_major = chart.x_labels[step // 2 :: step]  # the edge would cut the first
    chart.y_labels = _ticks(highest)
    chart.y_labels_major = []
    for name, values in series.items():
        chart.add(name, list(values))
    return _figure(chart, title, labels, series)


def _ticks(highest: float) -> list[float]:
    """Return up to six round numbers, from 0 to `highest` or the next above it."""
    if highest <= 0:
        return [0]
    power = 10.0 ** math.floor(math.log10(highest / 4))
    step = next(power * n for n in (1, 2, 5, 10) if power * n * 4 >= highest)
    if float(highest).is_integer():
        step = max(step, 1)
    return [step * n for n in range(math.ceil(highest / step) + 1)]


def _figure(chart: Any, title: str, labels: Sequence[Any], series: Mapping[str, Points]) -> Markup:
    if not labels or not any(value for values in series.values() for value in values):
        return Markup(
            '<figure class="plot"><figcaption>{}</figcaption><p class="empty">{}</p></figure>'
        ).format(title, "Nothing to draw yet.")
    chart.add_xml_filter(_plain)
    svg = Markup(chart.render(is_unicode=True))  # noqa: S704 - pygal escapes every text
    return Markup(
        '<figure class="plot"><figcaption>{}{}</figcaption>'
        '<div class="scroll" tabindex="0" role="group" aria-label="{}">{}</div>{}</figure>'
    ).format(title, _legend(series), title, _labelled(svg, title), _table(title, labels, series))


def _legend(series: Mapping[str, Points]) -> Markup:
    """Return the names of several series with their colours."""
    if len(series) < 2:
        return Markup()
    return Markup('<span class="legend chart">{}</span>').format(
        Markup().join(
            Markup('<span class="color-{}">{}</span>').format(n, name)
            for n, name in enumerate(series)
        )
    )


def _labelled(svg: Markup, title: str) -> Markup:
    start = f'<svg role="img" aria-label="{escape(title)}" '
    return Markup(str(svg).replace("<svg ", start, 1))  # noqa: S704 - the title is escaped


def _table(title: str, labels: Sequence[Any], series: Mapping[str, Points]) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in series)
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            text,
            Markup("").join(
                Markup('<td class="number">{}</td>').format(count(values[n]))
                for values in series.values()
            ),
        )
        for n, text in enumerate(_texts(labels[:_MOST_ROWS]))
    )
    rest = f" (the first {_MOST_ROWS} of {count(len(labels))})" if len(labels) > _MOST_ROWS else ""
    return Markup(
        '<details><summary>The numbers{}</summary><div class="scroll" tabindex="0"><table>'
        '<caption class="hidden">{}</caption><thead><tr><th></th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>"
    ).format(rest, title, head, rows)


def _plain(root: Element) -> Element:
    """Leave out what our policy forbids, and let a pointed-at value say itself."""
    for parent in list(root.iter()):
        parent.attrib.pop("style", None)
        texts = {child.get("class", ""): child.text for child in parent if child.tag == "desc"}
        for child in list(parent):
            if child.tag in ("style", "script", "desc") or callable(child.tag):
                parent.remove(child)
        if "value" in texts:
            told = ": ".join(t for t in (texts.get("x_label"), texts["value"]) if t)
            SubElement(parent, "title").text = told
    title = root.find("title")
    if title is not None:
        root.remove(title)
    return root


def _value(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _texts(labels: Sequence[Any]) -> list[str]:
    """Write labels; times with their seconds if any has some."""
    times = [label for label in labels if isinstance(label, datetime)]
    form = "%Y-%m-%d %H:%M:%S" if any(time.second for time in times) else "%Y-%m-%d %H:%M"
    return [_text(label, form) for label in labels]


def _text(label: Any, form: str) -> str:
    if isinstance(label, datetime):
        return label.astimezone(UTC).strftime(form)
    return label.isoformat() if isinstance(label, date) else str(label)

"""Draws plots as SVG or PNG."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Format = Literal["svg", "png"]
Series = Mapping[str, Sequence[tuple[datetime, int]]]
"""By name, the start of each interval and its number of votes; empty without votes."""


def chain(number: int, values: Sequence[Decimal], form: Format) -> bytes:
    """Plot the chain of `number`: the value of each step, on a logarithmic scale."""
    title = f"Chain of {number:,}"
    figure, axes = _empty(xlabel="step", ylabel="value", title=title, yscale="log")
    axes.plot([float(value) for value in values], linewidth=1, marker=".", markersize=3)
    description = f"{len(values) - 1:,} steps from {number:,} to 1, at most {max(values):,}."
    return _render(figure, form, title, description)


def votes(series: Series, title: str, interval: str, form: Format) -> bytes:
    """Plot votes over time, a line for each name. `interval` is the time of a point: `0:00:12`."""
    figure, axes = _empty(xlabel="time, UTC", ylabel=f"votes in {interval}", title=title)
    for name, points in series.items():
        times, counts = zip(*points, strict=True)
        axes.step(times, counts, where="post", linewidth=1, label=f"{name}: {sum(counts):,}")
    if series:
        axes.legend()
        axes.set_ylim(bottom=0)
        figure.autofmt_xdate()
        sums = (f"{name} {sum(n for _, n in points):,}" for name, points in series.items())
        description = f"Votes in all: {', '.join(sums)}."
    else:
        description = "No votes in this time."
        axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
        axes.text(0.5, 0.5, description, ha="center", va="center", transform=axes.transAxes)
    return _render(figure, form, title, description)


def _empty(**labels: Any) -> "tuple[Figure, Axes]":
    # Imported late: takes a second. Not pyplot, which keeps figures and is not thread-safe.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot(**labels)
    axes.grid(alpha=0.3)
    return figure, axes


def _render(figure: "Figure", form: Format, title: str, description: str) -> bytes:
    """Render the file. `description` is its text description, for accessibility."""
    from matplotlib import rc_context

    out = io.BytesIO()
    with rc_context({"svg.hashsalt": "penstock"}):  # the same plot gives the same bytes
        figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else None)
    if form == "png":
        return out.getvalue()
    before, tag, after = out.getvalue().decode().partition("<svg ")
    attributes, end, rest = after.partition(">")
    texts = f'<title id="title">{escape(title)}</title><desc id="desc">{escape(description)}</desc>'
    labels = 'role="img" aria-labelledby="title desc" '
    return f"{before}{tag}{labels}{attributes}{end}{texts}{rest}".encode()

"""Plots, as SVG or PNG."""

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
"""By name, when each stretch of time begins and its votes; nothing when there are none."""


def chain(number: int, values: Sequence[Decimal], form: Format) -> bytes:
    """The chain of `number`: the value of each step, on a logarithmic scale."""
    title = f"Chain of {number:,}"
    figure, axes = _empty(xlabel="step", ylabel="value", title=title, yscale="log")
    axes.plot([float(value) for value in values], linewidth=1, marker=".", markersize=3)
    told = f"{len(values) - 1:,} steps from {number:,} to 1, at most {max(values):,}."
    return _saved(figure, form, title, told)


def votes(series: Series, title: str, stretch: str, form: Format) -> bytes:
    """Votes over time, a line a name. `stretch` is the time that a point stands for: `0:00:12`."""
    figure, axes = _empty(xlabel="time, UTC", ylabel=f"votes in {stretch}", title=title)
    for name, points in series.items():
        times, counts = zip(*points, strict=True)
        axes.step(times, counts, where="post", linewidth=1, label=f"{name}: {sum(counts):,}")
    if series:
        axes.legend()
        axes.set_ylim(bottom=0)
        figure.autofmt_xdate()
        sums = (f"{name} {sum(n for _, n in points):,}" for name, points in series.items())
        told = f"Votes in all: {', '.join(sums)}."
    else:
        told = "No votes in this time."
        axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
        axes.text(0.5, 0.5, told, ha="center", va="center", transform=axes.transAxes)
    return _saved(figure, form, title, told)


def _empty(**labels: Any) -> "tuple[Figure, Axes]":
    # Takes a second, and few processes ever draw. Not pyplot: it keeps figures, for one thread.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot(**labels)
    axes.grid(alpha=0.3)
    return figure, axes


def _saved(figure: "Figure", form: Format, title: str, told: str) -> bytes:
    """The file; `told` says what it shows to those who cannot see it."""
    from matplotlib import rc_context

    out = io.BytesIO()
    with rc_context({"svg.hashsalt": "penstock"}):  # the same plot gives the same bytes
        figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else None)
    if form == "png":
        return out.getvalue()
    before, tag, after = out.getvalue().decode().partition("<svg ")
    attributes, end, rest = after.partition(">")
    texts = f'<title id="title">{escape(title)}</title><desc id="desc">{escape(told)}</desc>'
    labels = 'role="img" aria-labelledby="title desc" '
    return f"{before}{tag}{labels}{attributes}{end}{texts}{rest}".encode()

"""Plots, as SVG or PNG."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

Format = Literal["svg", "png"]
MEDIA_TYPES: dict[Format, str] = {"svg": "image/svg+xml", "png": "image/png"}


def chain(number: int, values: Sequence[Decimal], form: Format) -> bytes:
    """The chain of `number`: the value of each step, on a logarithmic scale."""
    # Takes a second, and few processes ever draw. Not pyplot: it keeps figures, for one thread.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="step", ylabel="value", title=f"Chain of {number:,}", yscale="log"
    )
    axes.plot([float(value) for value in values], linewidth=1, marker=".", markersize=3)
    axes.grid(alpha=0.3)
    out = io.BytesIO()
    with rc_context({"svg.hashsalt": "penstock"}):  # the same chain gives the same bytes
        figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()

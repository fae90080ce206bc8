"""The report as one HTML page: no scripts, no external resources, all text of files escaped."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from penstock.check.report import Report
from penstock.errors.display import visible


def page(reports: Sequence[Report]) -> str:
    """A page that shows all `reports`, readable offline, by keyboard and by screen reader."""
    return _environment().get_template("report.html.j2").render(reports=reports)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("penstock.check"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["visible"] = _visible
    return environment


def _visible(text: str) -> str:
    """Control characters escaped, as a browser would not show them; lines stay lines."""
    return "\n".join(map(visible, text.split("\n")))

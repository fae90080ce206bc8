"""Draw the outcomes as bars, in an SVG for light and dark pages."""

from html import escape
from pathlib import Path

from bench.report import Outcome, Report

WIDTH, LABEL, BAR, GAP, HEADING = 880, 290, 18, 9, 46
ROOM = 100  # for the figures to the right of the longest bar

STYLE = """
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.quiet { fill: #59636e; }
.bar { fill: #afb8c1; }
.penstock { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .quiet { fill: #9198a1; }
  .bar { fill: #656c76; }
  .penstock { fill: #4493f8; }
}
"""


def write(report: Report, path: Path) -> None:
    """Write the SVG: one group of bars per file, the fastest contender on top."""
    top = 0
    parts: list[str] = []
    for rows in report.sizes():
        bars = report.ranked(rows)
        parts.append(group(report, rows, bars, top))
        top += HEADING + len(bars) * (BAR + GAP) + GAP
    caption = f"{report.date} · {report.machine} · medians of {report.rounds}"
    parts.append(f'<text class="quiet" x="0" y="{top + 12}">{escape(caption)}</text>')
    height = top + 22
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'width="{WIDTH}" height="{height}"><title>Seconds to load a file of products</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def group(report: Report, rows: int, bars: list[Outcome], top: int) -> str:
    """The bars of one file."""
    longest = max(outcome.median for outcome in bars)
    scale = (WIDTH - LABEL - ROOM) / longest
    title = f'<text class="title" x="0" y="{top + 20}">{rows:,} rows: seconds, ratio</text>'
    drawn = "".join(
        bar(outcome, report.ratio(outcome), scale, top + HEADING - GAP + i * (BAR + GAP))
        for i, outcome in enumerate(bars)
    )
    return title + drawn


def bar(outcome: Outcome, ratio: float | None, scale: float, y: float) -> str:
    """One contender: its name, its bar, its seconds and ratio."""
    kind = "bar penstock" if outcome.name.startswith("Penstock") else "bar"
    width = max(outcome.median * scale, 2)
    middle = y + BAR - 4.5
    factor = f' <tspan class="quiet">x {ratio:.2f}</tspan>' if ratio else ""
    return (
        f'<text x="{LABEL - 10}" y="{middle}" text-anchor="end">{escape(outcome.name)}</text>'
        f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="3"/>'
        f'<text x="{LABEL + width + 8:.1f}" y="{middle}">{outcome.median:.2f}{factor}</text>'
    )

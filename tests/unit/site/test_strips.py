"""Strips show every part, however small, and say it in words."""

import re

from penstock.site import strips
from penstock.site.strips import Day, Stage


def heights(drawn: str, look: str) -> list[float]:
    """The heights of the bars of one look."""
    return [float(found) for found in re.findall(rf'class="{look}"[^>]*height="([\d.]+)"', drawn)]


def test_one_refused_record_among_millions_is_seen() -> None:
    drawn = strips.days("events", [Day("2026-01-01", 9_000_000, 1, 0, "told", None)])
    assert heights(drawn, "bad") == [3.0]
    assert heights(drawn, "good")[0] + 3.0 < 36


def test_a_day_without_files_has_a_base_and_no_link() -> None:
    drawn = strips.days("events", [Day("2026-01-01", 0, 0, 0, "no file", None)])
    assert heights(drawn, "good") == []
    assert "<a " not in drawn
    assert "<title>2026-01-01: no file</title>" in drawn


def test_a_rejected_file_is_marked_by_a_sign() -> None:
    drawn = strips.days("events", [Day("2026-01-01", 0, 0, 1, "1 file", "/ui/files?a=1&b=2")])
    assert 'class="cross"' in drawn
    assert 'href="/ui/files?a=1&amp;b=2"' in drawn


def test_a_step_of_no_time_is_seen_beside_long_ones() -> None:
    drawn = strips.stages("steps", [Stage("until <b>claimed", 0.0), Stage("until built", 3600.0)])
    widths = [float(found) for found in re.findall(r'width="([\d.]+)"', drawn)]
    assert min(widths) >= 1
    assert 1190 < sum(widths) <= 1200
    assert "<title>until &lt;b&gt;claimed: 0 ms</title>" in drawn
    assert "<title>until built: 1 h</title>" in drawn


def test_no_days_draw_nothing_wrong() -> None:
    assert "<svg" in strips.stages("steps", [])

"""Charts: what is drawn, what can be read, and what the policy of pages forbids."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from penstock.site import charts

TIMES = [datetime(2024, 5, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(5)]
HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize("draw", [charts.columns, charts.lines])
def test_the_numbers_of_a_chart_can_be_read(draw) -> None:
    chart = draw("Events", TIMES, {"good": [1, 0, 2345, 4, 5], "bad": [0, 0, 1, 0, 0]})
    assert '<svg role="img" aria-label="Events"' in chart
    row = '<th scope="row">2024-05-01 02:00</th><td class="number">2,345</td>'
    assert f'{row}<td class="number">1</td>' in chart
    assert "<title>2024-05-01 02:00: 2,345</title>" in chart  # when somebody points at it


def test_bars_stand_in_their_order() -> None:
    chart = charts.bars("Hosts", ["first", "second"], [3, 2])
    assert chart.index(">first</th>") < chart.index(">second</th>")


def test_a_chain_is_exact_whatever_its_size() -> None:
    assert f"{3**60:,}" in charts.steep("Chain", [Decimal(3**60), Decimal(2), Decimal(1)])


def test_a_map_tells_each_country_and_its_number() -> None:
    chart = charts.world("Requests", "/world.svg", {"DE": 1234, "JP": 3}, {"DE": "Germany"})
    assert '<use href="/world.svg#de" class="shade-5"><title>Germany: 1,234</title></use>' in chart
    assert '<use href="/world.svg#fr" class="shade-0">' in chart


def test_nothing_is_drawn_of_nothing() -> None:
    assert "Nothing to draw yet." in charts.columns("Events", [], {"events": []})
    assert "Nothing to draw yet." in charts.lines("Events", TIMES, {"events": [0] * 5})


def test_texts_are_text_and_no_script_or_style_is_left() -> None:
    drawn = (
        charts.columns(HOSTILE, [HOSTILE, "b"], {HOSTILE: [1, 2], "x": [1, 1]}),
        charts.lines(HOSTILE, [HOSTILE, "b"], {HOSTILE: [1, 2], "x": [1, 1]}),
        charts.bars(HOSTILE, [HOSTILE], [1], name=HOSTILE),
        charts.steep(HOSTILE, [Decimal(2), Decimal(1)]),
        charts.world(HOSTILE, "/world.svg", {"DE": 1}, {"DE": HOSTILE}),
    )
    for chart in drawn:
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", chart)
        assert "alert(1)" in chart


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0]), (1, [0, 1]), (2, [0, 1, 2]), (7, [0, 2, 4, 6, 8]), (0.5, [0, 0.2, 0.4, 0.6])],
)
def test_the_axis_has_round_numbers(highest: float, ticks: list[float]) -> None:
    assert charts._ticks(highest) == pytest.approx(ticks)


def test_the_same_numbers_are_drawn_once() -> None:
    again = [charts.columns("Events", TIMES, {"events": [1, 2, 3, 4, 5]}) for _ in range(2)]
    assert again[0] is again[1]
    assert charts.columns("Events", TIMES, {"events": [1, 2, 3, 4, 6]}) != again[0]

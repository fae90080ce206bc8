"""Producers of step chains: what they send, and that a repeat sends the same."""

import json
from pathlib import Path

import pytest

from penstock.intake import step_chains
from penstock.settings import settings


@pytest.fixture
def landing_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    monkeypatch.delenv("PENSTOCK_LANDING_URL", raising=False)
    settings.cache_clear()
    yield tmp_path / "landing" / "step_chains"
    settings.cache_clear()


@pytest.mark.parametrize(("number", "steps", "peak"), [(1, 0, 1), (17, 12, 52), (27, 111, 9232)])
def test_chains_of_known_numbers(number: int, steps: int, peak: int) -> None:
    chain = [*step_chains.values(number)]
    assert (len(chain) - 1, max(chain), chain[0], chain[-1]) == (steps, peak, number, 1)


@pytest.mark.parametrize("number", [0, -1])
def test_a_chain_that_would_never_end(number: int) -> None:
    with pytest.raises(ValueError, match=f"whole number from 1 on, not with {number}"):
        next(step_chains.values(number))


def test_messages_are_those_of_the_topic() -> None:
    assert [*step_chains.messages(2)] == [
        '{"Number":2,"Step":0,"Value":2}\n',
        '{"Number":2,"Step":1,"Value":1}\n',
    ]


def test_a_file_holds_whole_chains_and_a_repeat_lands_the_same(landing_zone: Path) -> None:
    first = step_chains.produce("manual__2026-01-01T00:00:00+00:00/x", 0, 20)
    text = first.read_text()
    again = step_chains.produce("manual__2026-01-01T00:00:00+00:00/x", 0, 20)
    other = step_chains.produce("manual__2026-01-01T00:00:00+00:00/x", 1, 20)
    assert (again, again.read_text()) == (first, text)
    assert other.read_text() != text
    assert sorted(landing_zone.iterdir()) == sorted([first, other]), "nothing else is left behind"

    sent = [json.loads(line) for line in text.splitlines()]
    numbers = list(dict.fromkeys(message["Number"] for message in sent))
    assert len(numbers) == 20
    assert all(1 <= number <= step_chains.LARGEST for number in numbers)
    expected = [
        {"Number": number, "Step": step, "Value": value}
        for number in numbers
        for step, value in enumerate(step_chains.values(number))
    ]
    assert sent == expected


@pytest.mark.parametrize(
    ("numbers", "producers", "shares"),
    [(10, 1, [10]), (10, 3, [4, 3, 3]), (2, 5, [1, 1]), (1, 1, [1])],
)
def test_producers_share_the_numbers(numbers: int, producers: int, shares: list[int]) -> None:
    assert step_chains.shares(numbers, producers) == shares

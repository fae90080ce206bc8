"""Exact numbers, against Python's decimals as the oracle."""

import re
from decimal import Decimal as Exact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.declare.columns import Decimal, Integer
from tests.unit.validate.test_cast import fields

NUMBERS = st.one_of(
    st.from_regex(r"-?[0-9]{0,25}[.,]?[0-9]{0,25}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,5}(\.[0-9]{1,3})?[eE][+-]?[0-9]{1,3}", fullmatch=True),
    st.text("0123456789-+ e.,_\u0663\u2212", max_size=8),
    st.sampled_from(["", "NaN", "Infinity", "-0", ".5", "5.", "1_000", "0x1f", "1e999999999"]),
)
PLAIN = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def exact(text: str) -> Exact | None:
    number = Exact(text) if PLAIN.fullmatch(text) else None
    return number if number is not None and number.adjusted() < 131_072 else None


def values(column: Decimal, texts: list[str]) -> list[tuple[Exact | None, bool]]:
    return [(None if v is None else Exact(v), failed) for v, failed in fields(column, texts)]


@given(st.lists(NUMBERS, max_size=20))
def test_numbers_are_exact(texts: list[str]) -> None:
    expected = [(exact(t), bool(t) and exact(t) is None) for t in texts]
    assert values(Decimal("n"), texts) == expected


@given(st.lists(NUMBERS, max_size=20))
def test_a_declared_scale_rounds_nothing(texts: list[str]) -> None:
    def fits(text: str) -> Exact | None:
        number = exact(text)
        if number is None or abs(number) >= 10**8 or number * 100 != int(number * 100):
            return None
        return number

    expected = [(fits(t), bool(t) and fits(t) is None) for t in texts]
    assert values(Decimal("n", precision=10, scale=2), texts) == expected


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        (Decimal("n", decimal=",", thousands="."), "-1.234.567,50", Exact("-1234567.50")),
        (Decimal("n", decimal=",", thousands="."), "1234,5", Exact("1234.5")),
        (Decimal("n", decimal=",", thousands=" "), "1\u00a0234,5", Exact("1234.5")),
        (Decimal("n", thousands="'"), "1\u2019234.5", Exact("1234.5")),
        (Integer("n", thousands=","), "12,345", 12345),
        (Decimal("n", decimal=",", thousands="."), "12.34", None),
        (Decimal("n", decimal=",", thousands="."), "1.2345,5", None),
        (Decimal("n", decimal=","), "1.5", None),
        (Decimal("n"), "1,5", None),
        (Integer("n", thousands=","), "1,23", None),
        (Integer("n"), "1,234", None),
        (Integer("n"), "\u0661\u0662", None),
    ],
)
def test_signs_are_as_declared_and_never_guessed(
    column: Decimal | Integer, text: str, expected: Exact | int | None
) -> None:
    (value, failed), _ = fields(column, [text, "1"])
    assert (value if value is None else Exact(value), failed) == (expected, expected is None)

"""Text of files as people see it: nothing in it moves a cursor, deceives an eye, or is executed."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors.display import excerpt, visible, without_formula


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcödé 👩‍👧 עברית", "plain, ünïcödé 👩‍👧 עברית"),
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("a\rb\nc\td\x7f", r"a\x0db\x0ac\x09d\x7f"),
        ("\x9b31m", r"\x9b31m"),
        ("invoice\u202egpj.exe", r"invoice\u202egpj.exe"),
        ("caf\udce9.csv", r"caf\xe9.csv"),
        ("half \ud83d", r"half \ud83d"),
    ],
)
def test_control_characters_are_seen_and_not_obeyed(text: str, shown: str) -> None:
    assert visible(text) == shown
    visible(text).encode()


@given(st.text())
def test_nothing_that_is_shown_is_a_control_character(text: str) -> None:
    shown = visible(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("1e3", "1e3"),
        ("  ", '"  "'),
        (" 7", '" 7"'),
        ("a\x1b", r"a\x1b"),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_a_reason_shows_the_value_it_is_about(value: str, told: str) -> None:
    assert excerpt(value) == told


@given(st.text(alphabet="=+-@\t\r\n'\uff1dab1,\"", max_size=6))
def test_no_field_of_a_download_is_a_formula_and_each_comes_back(text: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([without_formula(text)])
    [[field]] = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert field[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d")
    assert field.removeprefix("'") == text

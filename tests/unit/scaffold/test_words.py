"""Columns of any header."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.declare.columns import Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv
from penstock.formats import header
from penstock.scaffold.words import columns_of


@pytest.mark.parametrize(
    ("found", "column"),
    [
        ("userId", ("user_id", None)),
        ("Ship To", ("ship_to", None)),
        ("order", ("order_", None)),
        ("user", ("user_", None)),
        ("ctid", ("ctid_", None)),
        ("position", ("position_", None)),
        ("% off", ("off", None)),
        ("Größe", ("grosse", "Größe")),
        ("Город", ("gorod", "Город")),
        ("1st", ("column_1st", "1st")),
        ("🎉", ("column_1", "🎉")),
        ("", ("column_1", None)),
        ("x" * 100, ("x" * 48, "x" * 100)),
    ],
)
def test_what_a_name_in_a_file_becomes(found: str, column: tuple[str, str | None]) -> None:
    assert columns_of([found]) == [column]


ODD = st.sampled_from(
    ["a", "A", "a_2", "", "order", "🎉", "名", "column_1", "1", "x" * 60, "é", "e"]
)


@given(st.lists(ODD | st.text(max_size=8), min_size=1, max_size=12))
def test_every_header_can_be_declared_and_means_its_columns(found: list[str]) -> None:
    named = columns_of(found)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,47}", name) for name, _ in named)
    columns = tuple(Text(name, header=own) for name, own in named)
    Dataset("sample", "A sample.", {"*.csv": Csv()}, columns)
    assert header.matched(found, columns) == [name for name, _ in named]

"""Which column a name in a file means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.declare.columns import Column, Text, normalised
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, JsonLines
from penstock.errors import PenstockError
from penstock.formats import header, jsonlines

NAMES = st.lists(st.sampled_from(["", "a", "A", "a_2", "a2", "column_1", "名", "🎉", "2", " "]))


@pytest.mark.parametrize(
    ("found", "distinct"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "A"], ["a", "a_2", "A_3"]),
        (["a", "a_2", "a"], ["a", "a_2", "a_3"]),
        (["", "city", " "], ["column_1", "city", "column_3"]),
        (["", "column_1"], ["column_1_2", "column_1"]),
        (["🎉", "🎉", "2"], ["🎉", "🎉_3", "2"]),
    ],
)
def test_no_two_names_of_a_header_are_one(found: list[str], distinct: list[str]) -> None:
    assert header.distinct(found) == distinct


@given(NAMES)
def test_each_name_of_any_header_can_be_declared(found: list[str]) -> None:
    names = header.distinct(found)
    assert len({normalised(name) for name in names}) == len(names)
    columns = [Text(f"c{n}", header=name) for n, name in enumerate(names)]
    assert header.matched(found, columns) == [column.name for column in columns]


@pytest.mark.parametrize(
    ("found", "columns", "means"),
    [
        (["Größe", "#"], [Text("size", header="GRÖSSE"), Text("no_", header="#")], ["size", "no_"]),
        (["", "a", "a"], [Text("column_1"), Text("a"), Text("a_2")], ["column_1", "a", "a_2"]),
        (["a", "a"], [Text("a")], ["a", "a"]),  # refused: it appears more than once
        (["size"], [Text("size", header="Größe")], ["size"]),
    ],
)
def test_a_column_says_what_files_call_it(
    found: list[str], columns: list[Column], means: list[str]
) -> None:
    assert header.matched(found, columns) == means


def test_a_key_of_json_means_the_column_that_has_it_as_header() -> None:
    columns = [Text("size", header="Größe"), Text("column_1", header="")]
    parsed = jsonlines.parse('{"größe": "1", "": "2"}\n'.encode(), 1, columns, False)
    assert [value.to_pylist() for value in parsed.columns.values()] == [["1"], ["2"]]
    assert parsed.unknown == ()


def test_two_columns_of_one_header_are_refused() -> None:
    columns = (Text("a", header="x"), Text("b", header="X"))
    with pytest.raises(PenstockError, match=r"must differ in more than case and _: \['x', 'X'\]"):
        Dataset("d", "D.", {"*.csv": Csv(), "*.jsonl": JsonLines()}, columns)

"""What the columns of a dataset imply, and what an author is told of a bad declaration."""

import pytest

from penstock.declare.columns import BigInteger, Column, Integer, Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import Expectation, expect
from penstock.declare.formats import Csv
from penstock.errors import PenstockError
from penstock.validate.suite import expectations_of, implied_by, suite_of


def dataset(*columns: Column, expectations: tuple[Expectation, ...] = ()) -> Dataset:
    return Dataset("things", "Things.", {"*.csv": Csv()}, columns, expectations)


@pytest.mark.parametrize(
    ("column", "reasons"),
    [
        (Text("a"), ["is empty", "is empty"]),
        (Text("a", required=False), []),
        (Text("a", required=False, max_length=3), ["longer than 3 characters"]),
        (Timestamp("a"), ["is empty"]),
        (Timestamp("a", required=False), []),
        (Integer("a", required=False, minimum=0), ["less than 0"]),
        (Integer("a", required=False, maximum=9), ["more than 9"]),
        (Integer("a", minimum=0, maximum=9), ["is empty", "not between 0 and 9"]),
        (BigInteger("a", required=False, minimum=1), ["less than 1"]),
    ],
)
def test_what_a_column_implies(column: Column, reasons: list[str]) -> None:
    assert [e.reason for e in implied_by(column)] == reasons


def test_the_suite_follows_the_columns_and_drops_nothing() -> None:
    things = dataset(
        Text("a"),
        Text("b", required=False),
        expectations=(
            expect.column_values_to_be_in_set("b", ["x", "y"]),
            expect.column_values_to_match_regex("a", r"\S"),
        ),
    )
    assert [e.column for e in expectations_of(things)] == ["a", "a", "a", "b"]
    suite = suite_of(things)
    assert [c.type for c in suite.expectation_configurations] == [
        e.type for e in expectations_of(things)
    ]
    assert suite_of(things) is suite


@pytest.mark.parametrize(
    "expectation",
    [
        expect.column_values_to_match_regex("a", "("),
        expect.column_values_to_match_regex("a", r"\S", mostlyy=1),
    ],
)
def test_a_bad_declaration_names_dataset_and_column(expectation: Expectation) -> None:
    with pytest.raises(PenstockError, match="dataset things, column a: expect_column_values"):
        suite_of(dataset(Text("a"), expectations=(expectation,)))

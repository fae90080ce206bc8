"""What the author of a dataset is told at once, and what a declaration means."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from penstock import datasets
from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import Expectation, expect
from penstock.declare.formats import Csv, Lines, Listing
from penstock.errors import PenstockError


def declare(**changes: Any) -> Dataset:
    given: dict[str, Any] = {
        "name": "things",
        "description": "Things.",
        "files": {"*.csv": Csv()},
        "columns": (Text("name"), Integer("size")),
    }
    return Dataset(**given | changes)


@pytest.mark.parametrize("name", ["", "Things", "1thing", "my-things", "things;", "t" * 49, "_t"])
def test_a_dataset_name_that_cannot_be(name: str) -> None:
    with pytest.raises(PenstockError, match=r"dataset name .*: expected lower case letters"):
        declare(name=name)


@pytest.mark.parametrize(
    "columns", [(Text("Name"),), (Text("a"), Text("a")), (Text("_row"),), (Text("a b"),)]
)
def test_column_names_that_cannot_be(columns: tuple[Text, ...]) -> None:
    with pytest.raises(PenstockError, match="dataset things: column names must be distinct"):
        declare(columns=columns)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"columns": ()}, "columns: expected at least one"),
        (
            {"columns": (Text("user_id"), Text("userid"))},
            "column names must differ in more than case and _",
        ),
        ({"files": {}}, "files: expected glob patterns and their formats"),
        ({"files": ("*.csv",)}, "files: expected glob patterns and their formats"),
        ({"path_pattern": "(?P<name>"}, r"path_pattern '\(\?P<name>': missing \), unterminated"),
        ({"path_pattern": ".*"}, r"path_pattern: expected named groups for columns, found \[\]"),
        ({"path_pattern": "(?P<x>.*)"}, r"path_pattern: expected named .*, found \['x'\]"),
        (
            {"files": {"*.log": Lines(pattern="(?P<name>.*)")}},
            r"files '\*.log' give name, but not size",
        ),
        ({"mirror": True, "versions": "add"}, 'mirror: .* versions must be "replace"'),
        ({"expected_every": timedelta(0)}, r"expected_every=.*: .* such as timedelta\(days=1\)"),
        ({"expected_every": 3600}, r"expected_every=3600: expected a length of time"),
        (
            {"files": {"*.png": Listing()}},
            r"files '\*.png' give path, size_bytes, modified_at, but not name, size",
        ),
        ({"folder": "../up"}, "folder '../up': expected a name of lower case letters"),
        ({"reject_when_bad": 50}, "reject_when_bad=50: expected a share from 0 to 1"),
        ({"reject_when_bad": -0.1}, "reject_when_bad=-0.1: expected a share from 0 to 1"),
    ],
)
def test_other_things_that_cannot_be(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(PenstockError, match=f"dataset things: {told}"):
        declare(**changes)


def test_an_expectation_on_a_column_that_is_not_there() -> None:
    with pytest.raises(
        PenstockError, match=r"dataset things: expectations on unknown columns .*sku"
    ):
        declare(expectations=(expect.column_values_to_match_regex("sku", "x"),))


def test_an_expectation_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(AttributeError, match=r"not a known expectation; .*values_to_be_between"):
        expect.column_values_to_be_nice  # noqa: B018


@pytest.mark.parametrize(
    ("expectation", "reason"),
    [
        (expect.column_values_to_match_regex("name", r"\S"), r"does not match \S"),
        (expect.column_values_to_not_match_regex("name", "x"), "matches x"),
        (expect.column_values_to_be_in_set("name", ["a", "b"]), "not one of a, b"),
        (expect.column_values_to_be_between("size", 1, 9), "not between 1 and 9"),
        (expect.column_values_to_be_between("size", max_value=9), "more than 9"),
        (expect.column_values_to_be_between("size", 1), "less than 1"),
        (expect.column_value_lengths_to_be_between("name", 1), "is empty"),
        (expect.column_value_lengths_to_be_between("name", 0, 5), "not between 0 and 5 characters"),
        (expect.column_values_to_not_be_null("name"), "is empty"),
        (expect.column_values_to_not_be_null("name", reason="is gone"), "is gone"),
    ],
    ids=lambda value: value.type if isinstance(value, Expectation) else "",
)
def test_reasons_are_for_people(expectation: Expectation, reason: str) -> None:
    assert expectation.reason == reason


def test_expectations_carry_the_arguments_of_great_expectations() -> None:
    expectation = expect.column_values_to_be_in_set("name", ["a", "b"])
    assert expectation.type == "expect_column_values_to_be_in_set"
    assert expectation.arguments == {"column": "name", "value_set": ("a", "b")}
    assert hash(expectation)


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("a.csv", True),
        ("deep/er/a.csv", True),
        ("a.CSV", True),
        ("a.csv.gz", True),
        ("a/B.Csv.ZST", True),
        ("a.csv.bz2", True),
        ("a.csv.xz", True),
        ("a.csv.gz.xz", False),
        ("a.gz", False),
        ("a.csv.part", False),
        ("a.tmp", False),
        (".a.csv", False),
        (".hidden/a.csv", False),
        ("a.txt", False),
    ],
)
def test_which_files_are_a_datasets(path: str, accepted: bool) -> None:
    assert declare().accepts(path) is accepted


def test_a_pattern_fits_whatever_its_own_case_and_compressed_files_may_be_named() -> None:
    assert declare(files={"*.CSV": Csv()}).accepts("a.csv")
    spelled_out = declare(files={"*.csv.gz": Csv(";"), "*.csv": Csv()})
    assert spelled_out.format_of("a.csv.gz") == Csv(";")
    assert spelled_out.format_of("a.csv.xz") == Csv()


def test_a_listing_takes_no_compressed_files_for_it_reads_none() -> None:
    images = declare(files={"*.png": Listing()}, columns=(Text("path"),))
    assert images.accepts("A.PNG")
    assert not images.accepts("a.png.gz")


def test_a_pattern_may_name_folders() -> None:
    daily = declare(files={"daily/*.csv": Csv()})
    assert daily.accepts("daily/a.csv")
    assert not daily.accepts("a.csv")


def test_the_first_pattern_that_fits_says_how_a_file_is_read() -> None:
    both = declare(files={"raw/*.csv": Csv(strip=True), "*.csv": Csv(), "*.txt": Csv(";")})
    assert both.format_of("raw/a.csv") == Csv(strip=True)
    assert both.format_of("cooked/a.csv") == Csv()
    assert both.format_of("a.txt") == Csv(";")
    with pytest.raises(PenstockError, match=r"a.png: things takes files named raw/\*.csv or "):
        both.format_of("a.png")


def test_a_dataset_lands_in_a_folder_of_its_name_unless_it_shares_one() -> None:
    assert declare().folder == "things"
    assert declare(folder="shared").folder == "shared"


def test_columns_can_come_from_the_path() -> None:
    by_name = declare(path_pattern=r"(?:.*/)?(?P<name>[^/]+)\.csv")
    assert [column.name for column in by_name.file_columns] == ["size"]
    assert by_name.path_values("deep/er/a.b.csv") == {"name": "a.b"}
    assert by_name.path_values("a.csv.gz") == {"name": "a"}
    assert by_name.path_values("a.txt") is None
    assert declare().path_values("any\nthing") == {}


def test_every_dataset_is_found_by_its_name() -> None:
    assert list(datasets.all_datasets()) == sorted(datasets.all_datasets())
    assert all(datasets.get(name).name == name for name in datasets.all_datasets())
    with pytest.raises(PenstockError, match=r"unknown dataset 'nothing'; known are: .*products"):
        datasets.get("nothing")


def test_declarations_are_light() -> None:
    heavy = "{'airflow', 'pandas', 'pyarrow', 'numpy', 'great_expectations', 'dbt', 'psycopg'}"
    probe = (
        f"import sys, penstock.datasets as d; d.all_datasets(); print({heavy} & {{*sys.modules}})"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"

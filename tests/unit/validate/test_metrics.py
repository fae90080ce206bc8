"""Our metrics give the rows that Great Expectations' own give, on the same columns."""

import re
import sys
from typing import Any

import great_expectations.expectations as gxe
import pandas as pd
import pyarrow as pa
import pytest
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.validator.validator import Validator
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.datasets import all_datasets
from penstock.validate import metrics  # noqa: F401 - registers ours
from penstock.validate.engine import ArrowExecutionEngine
from penstock.validate.metrics import spell_out_whitespace

DECLARED = sorted(
    {
        e.arguments["regex"]
        for dataset in all_datasets().values()
        for e in dataset.expectations
        if "regex" in e.arguments
    }
)
REGEXES = [
    *DECLARED,
    r"\S",
    r"^\s*$",
    r"\s",
    r"[\s,]",
    r"[^\s]",
    r"[]\s]",
    r"\\S",
    r"\\\S",
    r"(?a)\s",
    r"^\d+$",
    r"\w\b",
    r"(?i)é",
    r"a|b$",
    r"^.$",
    r"a(?=b)",
    r"(?<!a)b",
    r"(a)\1",
]
WHITE = "\t\n\v\f\r\x1c\x1f \x85\xa0\u2003\u2028\u3000\u200b\ufeff"
texts = st.text(
    st.one_of(
        st.sampled_from("aabbé\\Ss],.09\u0663\0" + WHITE), st.characters(exclude_categories=["Cs"])
    ),
    max_size=6,
)
text_columns = st.lists(st.one_of(st.none(), st.just(""), texts), max_size=40)
instants = st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01"))


def failing(engine: type, column: pd.Series, expectation: Any) -> list[int]:
    """Positions at which GX, on this engine, finds the column not as expected."""
    validator = Validator(execution_engine=engine(caching=False))
    validator.metrics_calculator.show_progress_bars = False
    validator.execution_engine.load_batch_data("block", pd.DataFrame({"x": column}))
    (result,) = validator.graph_validate(
        [expectation.configuration],
        {"catch_exceptions": False, "result_format": {"result_format": "COMPLETE"}},
    )
    return result.result["unexpected_index_list"]


def assert_same(column: pd.Series, expectation: Any, stock: pd.Series | None = None) -> None:
    theirs = failing(PandasExecutionEngine, column if stock is None else stock, expectation)
    assert failing(ArrowExecutionEngine, column, expectation) == theirs


def arrow(values: list[Any], kind: pa.DataType) -> pd.Series:
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(values, kind)])))


@settings(max_examples=150)
@given(text_columns, st.sampled_from(REGEXES), st.booleans())
def test_regexes(values: list[str | None], regex: str, wanted: bool) -> None:
    kind = gxe.ExpectColumnValuesToMatchRegex if wanted else gxe.ExpectColumnValuesToNotMatchRegex
    assert_same(arrow(values, pa.string()), kind(column="x", regex=regex))


@pytest.mark.parametrize("regex", REGEXES)
def test_each_regex_on_ugly_text(regex: str) -> None:
    values = ["", None, "a", "ab", "aa", "b\n", "9", "\u0663", "S", "\\S", "]", *WHITE]
    column = arrow(values, pa.string())
    assert_same(column, gxe.ExpectColumnValuesToMatchRegex(column="x", regex=regex))


bounds = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted)
sides = st.sampled_from(["both", "min", "max"])


def between(low: Any, high: Any, side: str, strict: tuple[bool, bool]) -> dict[str, Any]:
    given_ = {"min_value": low} if side != "max" else {}
    given_ |= {"max_value": high} if side != "min" else {}
    return given_ | {"column": "x", "strict_min": strict[0], "strict_max": strict[1]}


stricts = st.tuples(st.booleans(), st.booleans())


@settings(max_examples=60)
@given(text_columns, bounds, sides, stricts)
def test_lengths(values: list[str | None], limits: list[int], side: str, strict: tuple) -> None:
    arguments = between(*limits, side, strict)
    assert_same(arrow(values, pa.string()), gxe.ExpectColumnValueLengthsToBeBetween(**arguments))


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.integers(-9, 9))), bounds, sides, stricts)
def test_numbers_between(
    values: list[int | None], limits: list[int], side: str, strict: tuple
) -> None:
    expectation = gxe.ExpectColumnValuesToBeBetween(**between(*limits, side, strict))
    assert_same(arrow(values, pa.int64()), expectation)
    assert_same(arrow(values, pa.decimal128(38, 0)), expectation)


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), instants)), st.tuples(instants, instants), sides, stricts)
def test_instants_between_iso_texts(
    values: list, limits: tuple, side: str, strict: tuple[bool, bool]
) -> None:
    low, high = (f"{limit.isoformat()}Z" for limit in sorted(limits))
    expectation = gxe.ExpectColumnValuesToBeBetween(**between(low, high, side, strict))
    # GX's own cannot compare Arrow instants with text, so it gets them as numpy's.
    stock = pd.Series(values, dtype="datetime64[us]").dt.tz_localize("UTC")
    assert_same(arrow(values, pa.timestamp("us", "UTC")), expectation, stock)


@settings(max_examples=40)
@given(text_columns, st.lists(texts, min_size=1, max_size=3))
def test_sets_and_nulls(values: list[str | None], members: list[str]) -> None:
    column = arrow(values, pa.string())
    wanted = members + [v for v in values[:3] if v is not None]
    assert_same(column, gxe.ExpectColumnValuesToBeInSet(column="x", value_set=wanted))
    assert_same(column, gxe.ExpectColumnValuesToNotBeNull(column="x"))


def test_instants_in_a_set_of_iso_texts() -> None:
    column = arrow([None, 0, 1_000_000], pa.timestamp("us", "UTC"))
    expectation = gxe.ExpectColumnValuesToBeInSet(column="x", value_set=["1970-01-01T00:00:01Z"])
    assert failing(ArrowExecutionEngine, column, expectation) == [1]


def test_whitespace_is_pythons_for_every_character() -> None:
    characters = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
    found = arrow(characters, pa.string()).str.contains(spell_out_whitespace(r"\s"))
    assert found.tolist() == [bool(re.match(r"\s", c)) for c in characters]


@pytest.mark.parametrize(
    ("regex", "expected"), [(r"\\s", r"\\s"), (r"[\s\S]", r"[\s\S]"), (r"(?ai)\s", r"(?ai)\s")]
)
def test_what_is_no_whitespace_class_stays(regex: str, expected: str) -> None:
    assert spell_out_whitespace(regex) == expected


def test_a_regex_only_python_knows_is_matched_in_python() -> None:
    column = arrow(["12", "12\n", None, "x"], pa.string())
    expectation = gxe.ExpectColumnValuesToMatchRegex(column="x", regex=r"^[0-9]+\Z")
    assert failing(ArrowExecutionEngine, column, expectation) == [1, 3]

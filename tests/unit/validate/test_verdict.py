"""A block's verdict: which rows are good, and each reason of each row that is not."""

import multiprocessing
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.datasets import all_datasets, get
from penstock.declare.columns import BigInteger, Column, Decimal, Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import Expectation, expect
from penstock.declare.formats import Csv
from penstock.errors.display import excerpt
from penstock.formats.frames import table_of
from penstock.validate import Verdict, validate, warm
from penstock.validate.counts import BlockChecks, count_checks
from penstock.validate.engine import Judge
from penstock.validate.suite import CAST, checks_of, suite_of
from tests.unit.texts import texts

PRODUCTS, EVENTS = get("products"), get("events")


def dataset(*columns: Column, expectations: tuple[Expectation, ...] = ()) -> Dataset:
    return Dataset("things", "Things.", {"*.csv": Csv()}, columns, expectations)


def judge(declared: Dataset, rows: list[tuple[str, ...]]) -> Verdict:
    names = [c.name for c in declared.columns]
    return validate(
        declared, texts({name: [row[i] for row in rows] for i, name in enumerate(names)})
    )


def product_reasons(row: tuple[str, str, str, str]) -> list[str]:
    found = []
    for name, value, longest in (("name", row[0], 420), ("sku", row[1], 120)):
        found += [f"{name}: is empty"] if value == "" else []
        told = f", found {excerpt(value)}" if value else ""
        found += [f"{name}: longer than {longest} characters{told}"] if len(value) > longest else []
        found += [f"{name}: is blank{told}"] if value.strip() == "" else []
    if row[3] not in ("", "true", "false"):
        found.append(f"deleted: not true, false or empty, found {excerpt(row[3])}")
    return found


def event_reasons(row: tuple[str, str, str]) -> list[str]:
    try:
        when = datetime.strptime(row[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        first, last = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        told = f"event_time: not between 1970 and 2100, found {row[0]}"
        found = [] if first <= when <= last else [told]
    except ValueError:
        expected = "a day of the calendar" if "02-30" in row[0] else EVENTS.columns[0].noun
        told = f"event_time: {row[0]}, expected {expected}"
        found = [told] if row[0] else ["event_time: is empty"]
    found += ["email: is empty"] if row[1] == "" else []
    for name, value, longest in (("email", row[1], 320), ("session_id", row[2], 200)):
        if len(value) > longest:
            found.append(f"{name}: longer than {longest} characters, found {excerpt(value)}")
    return found


values = st.one_of(
    st.sampled_from(["", " ", "\u00a0", "\v", "a", "é" * 120, "é" * 121, "x" * 421]),
    st.text(max_size=5),
)
times = st.sampled_from(
    [
        "2000-01-01T17:25:49Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "2100-01-01T00:00:00Z",
        "2100-01-01T00:00:01Z",
        "2000-02-30T00:00:00Z",
        "null",
        "",
    ]
)
said = st.sampled_from(["", "true", "false", "TRUE", " ", "1"])
cases = [
    (PRODUCTS, st.tuples(values, values, values, said), product_reasons),
    (EVENTS, st.tuples(times, values, values), event_reasons),
]


@settings(max_examples=80)
@given(st.data(), st.sampled_from(cases))
def test_reasons_are_exact(data: st.DataObject, case: tuple) -> None:
    declared, row, oracle = case
    rows = data.draw(st.lists(row, max_size=20))
    verdict = judge(declared, rows)
    expected = {i: oracle(row) for i, row in enumerate(rows) if oracle(row)}
    assert verdict.reasons == expected
    assert verdict.good.tolist() == [i not in expected for i in range(len(rows))]
    assert len(verdict.frame) == len(rows)


def test_all_rows_come_back_typed_and_in_order() -> None:
    rows = [("2000-01-01T17:25:49Z", "a@b", ""), ("null", "", "s"), ("", "c@d", "")]
    verdict = judge(EVENTS, rows)
    types = [pa.timestamp("us", "UTC"), pa.string(), pa.string()]
    assert verdict.frame.dtypes.tolist() == [pd.ArrowDtype(kind) for kind in types]
    assert table_of(verdict.frame)["event_time"].to_pylist() == [
        datetime(2000, 1, 1, 17, 25, 49, tzinfo=UTC),
        None,
        None,
    ]
    assert verdict.frame["email"].tolist() == ["a@b", "", "c@d"]
    assert verdict.reasons == {
        1: [f"event_time: null, expected {EVENTS.columns[0].noun}", "email: is empty"],
        2: ["event_time: is empty"],
    }


@pytest.mark.parametrize("declared", all_datasets().values(), ids=lambda d: d.name)
def test_a_block_without_rows(declared: Dataset) -> None:
    verdict = judge(declared, [])
    assert (len(verdict.frame), verdict.reasons, len(verdict.good)) == (0, {}, 0)
    assert [*verdict.frame] == [c.name for c in declared.columns]


def test_a_block_of_several_chunks() -> None:
    frame = pd.concat(
        texts({"name": [name], "sku": ["s"], "description": [""], "deleted": [""]})
        for name in ("a", " ", "c")
    )
    assert validate(PRODUCTS, frame).reasons == {1: ['name: is blank, found " "']}


def test_columns_are_found_by_name() -> None:
    values = {"extra": "x", "sku": " ", "description": "", "deleted": "", "name": "n"}
    verdict = validate(PRODUCTS, texts({name: [value] for name, value in values.items()}))
    assert verdict.reasons == {0: ['sku: is blank, found " "']}
    assert [*verdict.frame] == ["name", "sku", "description", "deleted"]


def test_a_whole_block_of_bad_rows() -> None:
    verdict = judge(PRODUCTS, [("", " ", "", "")] * 60_000)
    reasons = ["name: is empty", "name: is blank", 'sku: is blank, found " "']
    assert not verdict.good.any()
    assert len(verdict.reasons) == 60_000
    assert all(found == reasons for found in verdict.reasons.values())


def test_more_reasons_than_a_byte_has_bits() -> None:
    declared = dataset(*(Text(f"c{i}") for i in range(20)))
    verdict = judge(declared, [("x",) * 20, tuple("x" if i % 3 else "" for i in range(20))])
    assert verdict.reasons == {1: [f"c{i}: is empty" for i in range(0, 20, 3)]}


@pytest.mark.parametrize("digits", [3, 38, 39, 1000])
def test_big_integers_are_compared_as_numbers(digits: int) -> None:
    declared = dataset(BigInteger("n", minimum=10))
    verdict = judge(declared, [("9",), ("9" * digits,), ("-" + "9" * digits,), ("",), ("x",)])
    assert verdict.reasons == {
        0: ["n: less than 10, found 9"],
        2: ["n: less than 10, found " + excerpt("-" + "9" * digits)],
        3: ["n: is empty"],
        4: ["n: x, expected a whole number"],
    }


def test_integers_within_bounds() -> None:
    declared = dataset(Integer("n", required=False, minimum=1, maximum=3))
    verdict = judge(declared, [("0",), ("1",), ("3",), ("4",), ("",), (str(2**63),)])
    assert verdict.reasons == {
        0: ["n: not between 1 and 3, found 0"],
        3: ["n: not between 1 and 3, found 4"],
        5: ["n: 9223372036854775808, expected a whole number of 64 bits"],
    }


@pytest.mark.parametrize("scale", [None, 3])
def test_decimals_within_bounds_that_are_declared_as_text(scale: int | None) -> None:
    declared = dataset(Decimal("n", required=False, scale=scale, minimum="0.01", maximum="1.5"))
    verdict = judge(declared, [("0.009",), ("0.01",), ("1.500",), ("1.501",), ("",)])
    assert verdict.reasons == {
        0: ["n: not between 0.01 and 1.5, found 0.009"],
        3: ["n: not between 0.01 and 1.5, found 1.501"],
    }
    assert judge(declared, [("",)]).reasons == {}


def test_a_regex_that_re2_cannot_read() -> None:
    rule = expect.column_values_to_match_regex("a", r"^(?!bad)", reason="begins with bad")
    verdict = judge(dataset(Text("a"), expectations=(rule,)), [("good",), ("bad",), ("é",)])
    assert verdict.reasons == {1: ["a: begins with bad, found bad"]}


def test_each_check_is_counted() -> None:
    verdict = judge(EVENTS, [("2000-01-01T17:25:49Z", "a@b", ""), ("1900-01-01T00:00:00Z", "", "")])
    (counted,) = count_checks(EVENTS, verdict, np.array([0, 2]))
    checks = checks_of(EVENTS)
    names = [(check.type, check.column) for check in checks]
    between, lengths = (
        "expect_column_values_to_be_between",
        "expect_column_value_lengths_to_be_between",
    )
    assert names == [
        (CAST, "event_time"),
        ("expect_column_values_to_not_be_null", "event_time"),
        (between, "event_time"),
        ("expect_column_values_to_not_be_null", "email"),
        (lengths, "email"),
        (lengths, "email"),
        (lengths, "session_id"),
    ]
    assert counted == BlockChecks(2, [0] * 7, [0, 0, 1, 0, 1, 0, 0])
    assert checks[2].arguments["max_value"] == "2100-01-01T00:00:00Z"


def test_rows_are_told_by_position_where_labels_repeat() -> None:
    frame = pd.DataFrame(
        {
            c.name: pd.array(["a", " ", "b"], dtype=pd.ArrowDtype(pa.string()))
            for c in PRODUCTS.columns
        },
        index=[7, 7, 7],
    )
    results = Judge(suite_of(PRODUCTS))(frame)
    found = [r["unexpected_index_list"] for r in results if r["unexpected_count"]]
    assert found == [[1], [1], [0, 1, 2]]  # blank, blank, and neither true nor false


def test_memory_does_not_grow_from_call_to_call() -> None:
    frame = texts({c.name: ["a long enough text"] * 20_000 for c in PRODUCTS.columns})
    for _ in range(30):
        validate(PRODUCTS, frame)
    before = psutil.Process().memory_info().rss
    for _ in range(200):
        validate(PRODUCTS, frame)
    one_block = table_of(frame).nbytes
    assert psutil.Process().memory_info().rss - before < 20 * one_block


def _in_a_fork(results: "multiprocessing.Queue[dict[int, list[str]]]") -> None:
    results.put(judge(PRODUCTS, [("n", "", "", "")]).reasons)


def test_a_forked_worker_judges_with_what_its_parent_warmed() -> None:
    warm()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    worker = context.Process(target=_in_a_fork, args=(results,))
    worker.start()
    assert results.get(timeout=300) == {0: ["sku: is empty", "sku: is blank"]}
    worker.join()


def test_the_masks_are_numpy_bools() -> None:
    assert judge(PRODUCTS, [("n", "s", "", "true")]).good.dtype == np.bool_

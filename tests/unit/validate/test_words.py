"""Booleans, UUIDs, JSON and arrays of text."""

import pytest

from penstock.declare.columns import Array, Boolean, Column, Date, Integer, Json, Timestamp, Uuid
from tests.unit.validate.test_cast import fields

ID = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        *[(Boolean("b"), text, True) for text in ("true", "T", "Yes", "y", "ON", "1")],
        *[(Boolean("b"), text, False) for text in ("FALSE", "f", "no", "N", "off", "0")],
        *[(Boolean("b"), text, None) for text in ("2", "tru", " true", "ja", "-1")],
        *[(Uuid("u"), text, ID) for text in (ID, ID.upper(), f"{{{ID}}}", ID.replace("-", ""))],
        *[(Uuid("u"), text, None) for text in (ID[1:], f"{{{ID}", ID + "0", "nil")],
        (Json("j"), '{"a": [1.50, 1e3, null, "x"]}', '{"a": [1.50, 1e3, null, "x"]}'),
        (Json("j"), '"text"', '"text"'),
        *[(Json("j"), text, None) for text in ("{", "NaN", '{"a": 1, "a": 2}', '"\\u0000"', "x")],
        (Array("a"), '["a", "b,c", "d\\"e", null]', '{"a","b,c","d\\"e",NULL}'),
        (Array("a"), '{a, "b,c",NULL,"NULL"}', '{"a","b,c",NULL,"NULL"}'),
        (Array("a"), "{}", "{}"),
        (Array("a", of="bigint"), "[1, 22]", '{"1","22"}'),
        (Array("a", of="boolean"), "[true, false]", '{"true","false"}'),
        *[
            (Array("a"), text, None)
            for text in ("a,b", "{a", "[1", "{{a}}", "[[1]]", "{a,}", "{,}")
        ],
        *[(Array("a", of="bigint"), text, None) for text in ("[1.5]", "{x}", '{""}', '["a"]')],
    ],
)
def test_what_a_field_is(column: Column, text: str, expected: object) -> None:
    assert fields(column, [text, ""]) == [(expected, expected is None), (None, False)]


@pytest.mark.parametrize(
    ("column", "found", "told"),
    [
        (Timestamp("t"), "2026-11-20T10:00:00.123456789Z", "more than 6 digits of a second"),
        (Timestamp("t"), "2025-02-29T10:00:00Z", "a day of the calendar"),
        (Timestamp("t"), "yesterday", "2026-11-20T10:00:00Z"),
        (Date("d"), "2025-02-29", "a day of the calendar"),
        (Integer("n"), "99999999999999999999", "a whole number of 64 bits"),
        (Integer("n"), "1.5", "a whole number"),
    ],
)
def test_a_reason_is_the_true_one(column: Column, found: str, told: str) -> None:
    assert told in column.expected(found)


def test_json_that_postgres_cannot_hold_is_refused_and_no_crash() -> None:
    deep = "[" * 3000 + "]" * 3000
    bad = [
        deep,
        f'["\\u0041", {deep}]',
        r'"\u0000"',
        r'"\ud800"',
        "1e99999",
        "NaN",
        '{"a":1,"a":2}',
    ]
    assert fields(Json("j"), [*bad, "1"]) == [(None, True)] * len(bad) + [("1", False)]

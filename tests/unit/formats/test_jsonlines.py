"""JSON lines: every value as it is written, every line a row or refused."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.declare.columns import BigInteger, Text
from penstock.formats import jsonlines
from penstock.formats.parsed import Parsed

COLUMNS = [BigInteger("number"), Text("user_id", required=False)]


def parse(data: bytes, keep: bool = False, first_line: int = 1) -> Parsed:
    return jsonlines.parse(data, first_line, COLUMNS, keep)


def rows(parsed: Parsed) -> list[tuple[int, str, str]]:
    return [
        (line, row["number"], row["user_id"]) for line, row in parsed.frame.to_dict("index").items()
    ]


def refused(parsed: Parsed) -> list[tuple[int, str, list[str]]]:
    return [(r.line, r.raw, r.reasons) for r in sorted(parsed.refused, key=lambda r: r.line)]


def why(line: bytes, keep: bool = False) -> str:
    [(number, _, [reason])] = refused(parse(line, keep))
    assert number == 1
    return reason


def test_keys_match_whatever_their_case_and_order() -> None:
    parsed = parse(
        b'{"Number":1,"userId":"a"}\n\n{"USER_ID":"b","number":2}\r\n{"n umber":3}', False, 7
    )
    assert rows(parsed) == [(7, "1", "a"), (9, "2", "b"), (10, "3", "")]
    assert (parsed.records, parsed.refused, parsed.unknown) == (3, [], ())
    assert parsed.raw(9) == '{"USER_ID":"b","number":2}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12345678901234567890123456789012345678901234567890", None),
        ("-0", None),
        ("1.0", None),
        ("1e3", None),
        ("1E-400", None),
        ("0.1000000000000000055511151231257827", None),
        ("9" * 5000, None),
        ("true", None),
        ("false", None),
        ("null", ""),
        ('""', ""),
        ('"007"', "007"),
        (r'"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"', 'a"\\/\b\f\n\r\té😀'),
        (r'"\\u0000"', r"\u0000"),
        ('"é😀"', "é😀"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_values_are_text_as_written(value: str, text: str | None) -> None:
    [(_, found, _)] = rows(parse(f'{{"number": {value}}}\n'.encode()))
    assert found == (value if text is None else text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"null", "expected a JSON object, found null"),
        (b"17", "expected a JSON object, found a single value"),
        (b'["number"]', "expected a JSON object, found an array"),
        (b'{"number":1', "not JSON: Expecting ',' delimiter at character 12"),
        (b'{"number":1}}', "not JSON: Extra data at character 13"),
        (b'{"number":1} {"number":2}', "not JSON: Extra data at character 14"),
        (b"{'number':1}", "not JSON: Expecting property name"),
        (b'{"number":01}', "not JSON: Expecting ',' delimiter at character 12"),
        (b'{"number":NaN}', "not JSON: NaN is no number"),
        (b'{"number":-Infinity}', "not JSON: -Infinity is no number"),
        (b'{"number":"a\tb"}', "not JSON: Invalid control character at"),
        (b"[" * 100_000, "not JSON: nested too deeply"),
        (b'{"number":1,"number":1}', "key 'number' appears more than once"),
        (b'{"number":1,"x":{"y":1,"y":2}}', "key 'y' appears more than once"),
        (b'{"number":1,"Number":1}', "column 'number' appears more than once: number, Number"),
        (b'{"number":{"a":1}}', "number: an object, expected a single value"),
        (b'{"number":1,"user_id":[]}', "user_id: an array, expected a single value"),
        (rb'{"number":"\u0000"}', "holds a NUL character: expected text"),
        (rb'{"number":"\\\u0000"}', "holds a NUL character: expected text"),
        (rb'{"number":1,"x":["\ud800"]}', "holds half a character (a lone surrogate)"),
        (b'{"number":"\0"}', "holds a NUL byte: expected text in UTF-8"),
        (b'{"number":"\xff"}', "not UTF-8: expected text in UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON: Expecting value at character 1"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_row_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    assert why(line).startswith(reason)
    parsed = parse(b'{"number":1}\n' + line + b'\n{"number":3}')
    assert [number for number, _, _ in rows(parsed)] == [1, 3]
    assert [(n, w) for n, _, [w] in refused(parsed)] == [(2, why(line))]
    assert parsed.records == 3


def test_fields_without_a_column_are_named_or_kept_as_they_are() -> None:
    line = (
        b'{"number":1,"b c":[1.50,{"x":null}],"big":123456789012345678901234567890,'
        b'"t":"1.50","e":"\\u00e9\\"","":true}'
    )
    parsed = parse(line + b'\n{"number":2,"t":3}')
    assert parsed.unknown == ("b c", "big", "t", "e", "")
    assert "_extra" not in parsed.frame
    kept = parse(line + b'\n{"number":2}', keep=True)
    assert kept.unknown == ()
    assert kept.frame["_extra"].tolist() == [
        '{"b c": [1.50, {"x": null}], "big": 123456789012345678901234567890, '
        '"t": "1.50", "e": "é\\"", "": true}',
        "{}",
    ]


@pytest.mark.parametrize("number", [b"1e99999", b"-1E+0012345", b"1e-20000", b"1" * 20_000])
def test_an_extra_number_that_postgres_cannot_hold(number: bytes) -> None:
    line = b'{"number":1,"x":[' + number + b"]}"
    assert why(line, keep=True) == "a number is too long to be kept"
    assert refused(parse(line)) == []


def test_a_block_without_rows() -> None:
    for keep in (False, True):
        assert parse(b"", keep).frame.empty
        assert parse(b"x\n", keep).frame.empty


_scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
_values = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
_objects = st.dictionaries(st.sampled_from(["number", "user_id", "x", "y"]), _values)


def _is_row(found: dict[str, object]) -> bool:
    held = json.dumps(found, ensure_ascii=False)
    single = not any(isinstance(found.get(c.name), list) for c in COLUMNS)
    return single and "\\u0000" not in held.replace("\\\\", "")


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


@given(st.lists(_objects, max_size=6), st.booleans())
@example([{"number": "\\u0000"}], True)
def test_objects_come_back_whole(objects: list[dict[str, object]], ascii_only: bool) -> None:
    written = [json.dumps(found, ensure_ascii=ascii_only) for found in objects]
    parsed = parse("\n".join(written).encode(), keep=True)
    good = [(n, found) for n, found in enumerate(objects, 1) if _is_row(found)]
    assert rows(parsed) == [
        (n, _text(found.get("number")), _text(found.get("user_id"))) for n, found in good
    ]
    assert [json.loads(text) for text in parsed.frame["_extra"].tolist()] == [
        {key: value for key, value in found.items() if key in ("x", "y")} for _, found in good
    ]
    assert parsed.records == len(objects)

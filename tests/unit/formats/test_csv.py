"""CSV: rows, refusals, line numbers and raw text are those that the documented rules say."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.declare.columns import Text
from penstock.declare.formats import Csv
from penstock.errors import RejectFile
from penstock.files import blocks
from penstock.files.blocks import Shape
from penstock.formats import csv
from penstock.formats.csv import Layout
from penstock.formats.dialect import grammar_of
from penstock.formats.parsed import Parsed
from tests.unit import oracle

Row = tuple[int, str, tuple[str, ...]]


def parse(
    data: bytes, header: str = "a,b", size: int = 1 << 20, form: Csv | None = None
) -> list[Parsed]:
    form = form or Csv()
    names = header.split(",")
    shape = Shape(size, 1 << 20, grammar_of(form, len(names)))
    return [
        csv.parse(
            data[block.first_byte : block.last_byte],
            block.first_line,
            form,
            [Text(name) for name in names],
            Layout(names),
        )
        for block in blocks.cut(io.BytesIO(data), shape)
    ]


def rows(parsed: list[Parsed]) -> list[Row]:
    return [
        (line, p.raw(line), tuple(fields)) for p in parsed for line, *fields in p.frame.itertuples()
    ]


def refused(parsed: list[Parsed]) -> list[tuple[int, str, list[str]]]:
    in_order = [sorted(p.refused, key=lambda r: r.line) for p in parsed]
    return [(r.line, r.raw, r.reasons) for of_block in in_order for r in of_block]


@given(oracle.texts, st.integers(1, 100), st.sampled_from(["a", "a,b", "a,b,c"]))
@example('a,b\n\n\n"c",d,e\n\nf\n', 100, "a,b")
@example('""\n\n', 100, "a")
@example("\n\r\n\n", 100, "a,b")
@example('x,"y\nz', 100, "a,b")
@example("a,b\n\ufeffc,d\n", 4, "a,b")
@example('a,"b\nc,d\ne,"f\ng",h\n', 4, "a,b")
@example('a,"b\nc,d\ne,"f"\n', 4, "a,b")
@example('a,"b\nc,",d"\ne,f\n', 4, "a,b")
def test_rows_and_refusals_are_those_of_the_documented_rules(
    text: str, size: int, header: str
) -> None:
    width = header.count(",") + 1
    if oracle.is_rejected(text, width=width):
        with pytest.raises(RejectFile, match="a quote is opened and never closed"):
            parse(text.encode(), header, size)
        return
    parsed = parse(text.encode(), header, size)
    records = oracle.read(text, width=width)
    assert sum(p.records for p in parsed) == len(records)
    assert rows(parsed) == [
        (r.line, r.raw, tuple(r.fields)) for r in records if not r.why and len(r.fields) == width
    ]
    told = refused(parsed)
    wrong = [r for r in records if r.why or len(r.fields) != width]
    assert [(line, raw) for line, raw, _ in told] == [(r.line, r.raw) for r in wrong]
    for record, (_, _, [reason]) in zip(wrong, told, strict=True):
        assert _why(record, width) in reason


def _why(record: oracle.Record, width: int) -> str:
    match record.why:
        case "open":
            return f"column {len(record.fields) + 1}: a quote is opened and never closed"
        case "behind":
            return f"column {len(record.fields)}: text behind a closing quote"
    return f"expected {width} fields, found {len(record.fields)}"


@pytest.mark.parametrize("before", [b"", b'st"ray,x\n'], ids=["arrow", "exactly"])
def test_what_is_not_text_is_refused_alone(before: bytes) -> None:
    first = 1 + before.count(b"\n")
    parsed = parse(before + b'a,b\nc,\xff"\nd,\0\xfe\n"e\n\xc3",f\r\ng,h\xc3\xa9\n')
    last = [row for row in rows(parsed) if row[0] >= first]
    assert last == [(first, "a,b", ("a", "b")), (first + 5, "g,hé", ("g", "hé"))]
    assert refused(parsed) == [
        (first + 1, 'c,\\xff"', ["not UTF-8: expected text in UTF-8"]),
        (first + 2, "d,\\x00\\xfe", ["holds a NUL byte: expected text in UTF-8"]),
        (first + 3, '"e\n\\xc3",f', ["not UTF-8: expected text in UTF-8"]),
    ]


@given(
    st.lists(st.sampled_from([b"a,b", b"\xff,b", b'"\0\n",b', b"", b"c", b"d,\xc3"]), max_size=9)
)
def test_records_that_are_not_text_leave_the_others_where_they_are(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    parsed = parse(data)
    texts = data.decode("latin-1")
    good = [(r.line, r.raw, tuple(r.fields)) for r in oracle.read(texts) if r.raw == "a,b"]
    assert rows(parsed) == good
    assert len(refused(parsed)) + len(good) == sum(p.records for p in parsed)


def test_columns_come_in_the_declared_order_and_missing_ones_are_empty() -> None:
    columns = [Text("a"), Text("b"), Text("c", required=False)]
    parsed = csv.parse(b"1,2,3\n", 2, Csv(), columns, Layout(["b", "x", "a"]))
    assert parsed.frame.to_dict("records") == [{"a": "3", "b": "1", "c": ""}]


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_strip_takes_blanks_off_outside_of_quotes_too(size: int) -> None:
    data = b'Susan, Lee \n Jim,  "Kirk, Jr\nIII"\n'
    parsed = parse(data, size=size, form=Csv(strip=True))
    assert [row[2] for row in rows(parsed)] == [("Susan", "Lee"), ("Jim", "Kirk, Jr\nIII")]


def test_another_separator() -> None:
    assert rows(parse(b'1;"2;\n3"\n', form=Csv(separator=";")))[0][2] == ("1", "2;\n3")


def test_keys_stay_text() -> None:
    parsed = parse(b"007,NA\n1e5,null\ntrue,2020-01-01\n")
    assert [row[2] for row in rows(parsed)] == [
        ("007", "NA"),
        ("1e5", "null"),
        ("true", "2020-01-01"),
    ]

"""Dialects: what is found in the first bytes of a file, and what is left as it is declared."""

from dataclasses import replace

import pytest

from penstock.declare.columns import Column, Integer, Text
from penstock.declare.formats import Csv
from penstock.files.exact import Grammar, read
from penstock.formats import dialect

COLUMNS = (Integer("id"), Text("name"), Text("remark", required=False))
FOUND = Csv(",", skip=0)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"id,name\n1;2,3\n", FOUND),
        (b"id;name;x,y\n", Csv(";", skip=0)),
        (b"id\tname\r\n", Csv("\t", skip=0)),
        (b"id|name\r1|2\r", Csv("|", skip=0)),
        (b'"id";"na,me"\n', Csv(";", skip=0)),
        (b"nothing;of;these\n", FOUND),
        (b"Report; of today\n\nid;name\n1;a\n", Csv(";", skip=1)),
        (b'"sep=|"\nid|name\n', Csv("|", skip=1)),
        (b"id;x\nid;name\n", Csv(";", skip=1)),
        (b"id,remark\n1,id;name\n", FOUND),
        (b"'id','name'\n", Csv(",", skip=0, quote="'")),
        (b'id, "name"\n', Csv(",", True, skip=0)),
        (b"\n" * 30 + b"id;name\n", Csv(";", skip=0)),
        (b"title\n" * 30 + b"id;name\n", FOUND),
        (b"", FOUND),
    ],
)
def test_the_header_tells_the_dialect(head: bytes, found: Csv) -> None:
    assert dialect.detect(Csv(), head, COLUMNS) == found


@pytest.mark.parametrize("declared", [Csv(";"), Csv("|", skip=0), Csv(skip=2)])
def test_what_is_declared_is_not_looked_for(declared: Csv) -> None:
    found = dialect.detect(declared, b"id,name\n1,2\nid,name\n", COLUMNS)
    assert found.separator == (declared.separator or ",")
    assert found.skip == (declared.skip or 0)


@pytest.mark.parametrize(
    ("head", "columns", "found"),
    [
        (b"order_id;customer;city\n1;Ann;Oslo\n", (), Csv(";", skip=0)),
        (b"a;b\n1,5;2,5\n3,5;1\n", (), Csv(";", skip=0)),
        (b"Report\n\na\tb\n1\t2\n3\t4\n", (), Csv("\t", skip=2)),
        (b"a\n1,5\n2\n", (), FOUND),
        (b'a|b\n"x|y",1\n', (), Csv("|", skip=0)),
    ],
)
def test_without_columns_records_of_one_width_tell_it(
    head: bytes, columns: tuple[Column, ...], found: Csv
) -> None:
    assert dialect.detect(Csv(), head, columns) == found


def test_without_a_header_the_number_of_columns_tells_the_separator() -> None:
    found = dialect.detect(Csv(header=False), b"1;a,b;c\n2;d;e\n", COLUMNS)
    assert found == Csv(";", header=False, skip=0)


@pytest.mark.parametrize(
    ("names", "rest", "columns"),
    [
        (["a", "b"], b"1,2\n3,4\n", ["a", "b"]),
        (["a", "b"], b"1,2,\n3,4,\n", ["a", "b", ""]),
        (["a", "b"], b"1,2,,\n3,4,,\n5", ["a", "b", "", ""]),
        (["a", "b"], b"1,2,\n3,4\n", ["a", "b"]),
        (["a", "b"], b"1,2,x\n3,4,\n", ["a", "b"]),
        (["a", "b", "", ""], b"1,2\n", ["a", "b"]),
        (["a", "b", ""], b"1,2,x\n", ["a", "b", ""]),
        (["a", "b"], b"1\n", ["a", "b"]),
        (["a", ""], b"", ["a", ""]),
    ],
)
def test_nameless_columns_come_and_go_with_the_records(
    names: list[str], rest: bytes, columns: list[str]
) -> None:
    assert dialect.fitted(FOUND, names, rest) == columns


def test_the_ledger_keeps_a_dialect_whole() -> None:
    found = Csv("|", True, header=False, quote=None, escape="\\", comment="#", nulls=("-", ""))
    assert dialect.from_json(dialect.as_json(found)) == found


def test_what_is_neither_declared_nor_usual_is_told() -> None:
    assert dialect.describe(FOUND, Csv()) is None
    assert dialect.describe(Csv(";", skip=0), Csv(";")) is None
    told = dialect.describe(replace(FOUND, separator="\t", skip=2, quote="'"), Csv())
    assert told == (
        "dialect: fields separated by a tab, quoted by ', 2 lines above the header skipped"
    )


ESCAPED = Grammar(separator=b"\t", escape=b"\\", nulls=(b"\\N",))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (b"a\\\tb\tc\n", [b"a\tb", b"c"]),
        (b"a\\\nb\tc\n", [b"a\nb", b"c"]),
        (b"a\\\r\nb\tc\r\n", [b"a\r\nb", b"c"]),
        (b'"a\\"b"\t"\\\\"\n', [b'a"b', b"\\"]),
        (b'"a""b\\n"\t\\t\n', [b'a"b\\n', b"\\t"]),
        (b'\\N\t"\\N"\n', [b"", b"\\N"]),
        (b"a\tb\\", [b"a", b"b\\"]),
        (b'a\t"\\\n"\n', [b"a", b"\n"]),
    ],
)
def test_an_escape_makes_a_mark_text_and_leaves_all_else(text: bytes, fields: list[bytes]) -> None:
    [record] = read(text, 1, ESCAPED)
    assert (record.fields, record.why, record.end) == (fields, None, len(text))

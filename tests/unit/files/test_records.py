"""Records: where they are, and when quotes cannot be trusted to tell."""

import numpy as np
import pytest
from hypothesis import given

from penstock.files import records
from penstock.files.exact import Grammar
from penstock.files.records import Records
from tests.unit import oracle


def find(text: str) -> Records:
    return records.find(text.encode(), 1, Grammar())


@given(oracle.texts)
def test_where_no_quote_is_stray_parity_finds_what_csv_reads(text: str) -> None:
    found, data = find(text), text.encode()
    if found.stray:
        return
    found = found.take(~records.blank(data, found, Grammar()))
    spans = zip(found.starts, found.ends, strict=True)
    assert [data[s:e].decode() for s, e in spans] == [r.raw for r in oracle.read(text)]
    assert found.lines.tolist() == [r.line for r in oracle.read(text)]


@given(oracle.clean_texts)
def test_what_csv_writes_has_no_stray_quote(text: str) -> None:
    assert not find(text).stray


@pytest.mark.parametrize(
    "text", ['5" pipe,x\n', '"a"b,c\n', 'a, "b"\n', '"open\n', 'x"\ny"\n', '"a" \n', '"""']
)
def test_stray_quotes_are_seen(text: str) -> None:
    assert find(text).stray


@pytest.mark.parametrize("text", ['"a""b","c"\r\n""\n', '""""', '"a\n,b"\r"c"', "", "a"])
def test_proper_quotes_are_not_stray(text: str) -> None:
    assert not find(text).stray


def test_a_quote_still_open_is_stray_only_where_the_text_is_whole() -> None:
    data = np.frombuffer(b'a,"b', np.uint8)
    quotes = np.array([2])
    assert records.has_stray_quote(data, quotes, ord(","))
    assert not records.has_stray_quote(data, quotes, ord(","), whole=False)


def test_lines_count_from_where_the_block_begins() -> None:
    found = records.find(b'a\n"b\nc"\n\nd', 7, Grammar())
    assert found.lines.tolist() == [7, 8, 11]


def test_lines_end_as_the_format_says() -> None:
    assert records.count_lines(b"a\r\nb\rc\nd\r", 7, bare_returns=True) == 3
    assert records.count_lines(b"a\r\nb\rc\nd\n", 7, bare_returns=False) == 2

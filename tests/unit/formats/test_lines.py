"""Lines: a record a line, whatever else the line holds."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.declare.columns import Integer, Text
from penstock.declare.formats import Lines
from penstock.errors import PenstockError
from penstock.files import blocks
from penstock.files.blocks import Shape
from penstock.formats import lines
from penstock.formats.escapes import escaped
from penstock.formats.parsed import Parsed

COLUMNS = [Text("at"), Text("who"), Text("session", required=False)]
SPACES = Lines(separator=" ")


def parse(data: bytes, form: Lines = SPACES, first_line: int = 1) -> Parsed:
    return lines.parse(data, first_line, form, COLUMNS)


def rows(parsed: Parsed) -> list[tuple[int, str, list[str]]]:
    return [(line, parsed.raw(line), fields) for line, *fields in parsed.frame.itertuples()]


def refused(parsed: Parsed) -> list[tuple[int, str, str]]:
    return sorted((r.line, r.raw, "; ".join(r.reasons)) for r in parsed.refused)


def test_fields_line_numbers_and_raw_text() -> None:
    parsed = parse("1 é 3\r\n\n4 5 \n\r\n7 8 9".encode(), first_line=10)
    assert rows(parsed) == [
        (10, "1 é 3", ["1", "é", "3"]),
        (12, "4 5 ", ["4", "5", ""]),
        (14, "7 8 9", ["7", "8", "9"]),
    ]
    assert refused(parsed) == []
    assert parsed.records == 3


def test_a_wrong_number_of_fields_is_refused_with_what_was_expected() -> None:
    parsed = parse(b"1 2 3\nnull\n1 2 3 4\n1 2\n4 5 6\n")
    assert [line for line, _, _ in rows(parsed)] == [1, 5]
    assert refused(parsed) == [
        (2, "null", "expected 3 fields separated by ' ', found 1"),
        (3, "1 2 3 4", "expected 3 fields separated by ' ', found 4"),
        (4, "1 2", "expected 3 fields separated by ' ', found 2"),
    ]


def test_what_is_not_text_is_refused_alone() -> None:
    parsed = parse(b"\0 2 3\n1 2 3\n4 \xff 6\r\n4 \xff \0\n\xc3\n7 8 9\n")
    assert [line for line, _, _ in rows(parsed)] == [2, 6]
    assert refused(parsed) == [
        (1, "\\x00 2 3", "holds a NUL byte: expected text in UTF-8"),
        (3, "4 \\xff 6", "not UTF-8: expected text in UTF-8"),
        (4, "4 \\xff \\x00", "holds a NUL byte: expected text in UTF-8"),
        (5, "\\xc3", "not UTF-8: expected text in UTF-8"),
    ]


def test_a_quote_or_a_bare_return_is_a_character_like_any_other() -> None:
    assert rows(parse(b'"1 2\r3 "\n')) == [(1, '"1 2\r3 "', ['"1', "2\r3", '"'])]


def test_a_block_in_which_every_line_is_refused() -> None:
    parsed = parse(b"null\nnull\n")
    assert (len(parsed.frame), len(parsed.refused)) == (0, 2)
    assert [*parsed.frame] == ["at", "who", "session"]


def test_strip() -> None:
    stripped = parse(b" 1 ;2;\t3 \n", Lines(separator=";", strip=True))
    assert [fields for _, _, fields in rows(stripped)] == [["1", "2", "3"]]


def test_a_pattern_gives_its_groups_and_must_match_the_whole_line() -> None:
    form = Lines(pattern=r"(?P<at>\d+) (?:\[(?P<session>\w*)\] )?(?P<who>\S+)")
    parsed = parse(b"1 [x] ann\n2 bob\n3 [] eve\n4 \n5 bob and more\nso 6 bob\n", form)
    assert rows(parsed) == [
        (1, "1 [x] ann", ["1", "ann", "x"]),
        (2, "2 bob", ["2", "bob", ""]),
        (3, "3 [] eve", ["3", "eve", ""]),
    ]
    reason = "does not have the form of a record"
    assert refused(parsed) == [
        (4, "4 ", reason),
        (5, "5 bob and more", reason),
        (6, "so 6 bob", reason),
    ]


def test_bytes_that_are_not_text_can_be_escaped() -> None:
    form = Lines(separator=" ", escape_bytes=True)
    parsed = parse(b"\0 \xc3\xa9 \xff\n1 2\n\\x00 \\xg0 \\\xff\n\xfe\n", form)
    assert rows(parsed) == [
        (1, r"\x00 é \xff", [r"\x00", "é", r"\xff"]),
        (3, r"\x5cx00 \xg0 \\xff", [r"\x5cx00", r"\xg0", r"\\xff"]),
    ]
    assert [line for line, _, _ in refused(parsed)] == [2, 4]
    assert refused(parsed)[1][1] == r"\xfe"


def test_a_line_that_is_text_keeps_the_escapes_that_stand_in_it() -> None:
    form = Lines(pattern=r"(?P<at>[^ ]+) (?P<who>[^ ]+)", escape_bytes=True)
    columns = [Text("at"), Text("who"), Integer("escaped_bytes")]
    parsed = lines.parse(b"1 \\x22\n2 \\x22\xff\0\n3 \xc3\xa9\\xFF\n", 1, form, columns)
    assert [fields for _, _, fields in rows(parsed)] == [
        ["1", r"\x22", "0"],
        ["2", r"\x5cx22\xff\x00", "3"],
        ["3", r"é\xFF", "0"],
    ]


@given(
    st.lists(st.sampled_from([b"\\", b"x", b"5c", b"4", b"F", b"\xff", b"\0", "é".encode(), b"\n"]))
)
def test_every_escape_stands_for_one_byte_in_lines_that_are_marked(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    text, counts = escaped(data, 1)
    assert text.decode().isprintable() or b"\n" in text
    back = text.split(b"\n")
    for line in counts:
        unescape = re.compile(rb"\\x([0-9a-fA-F]{2})")
        back[line - 1] = unescape.sub(lambda m: bytes.fromhex(m[1].decode()), back[line - 1])
    assert b"\n".join(back) == data


@given(
    st.lists(st.sampled_from([b"1 2 3", b"", b"null", b"a b ", b"\xff", "é é é".encode()])),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.integers(1, 30),
)
def test_no_line_is_lost_or_doubled_however_the_file_is_cut(
    given_lines: list[bytes], newline: bytes, ended: bool, size: int
) -> None:
    data = newline.join(given_lines) + (newline if ended and given_lines else b"")
    parsed = [
        parse(data[b.first_byte : b.last_byte], first_line=b.first_line)
        for b in blocks.cut(io.BytesIO(data), Shape(size, 1 << 20))
    ]
    good = {b"1 2 3", b"a b ", "é é é".encode()}
    read = [(n, raw.encode()) for p in parsed for n, raw, _ in rows(p)]
    assert read == [(n, line) for n, line in enumerate(given_lines, 1) if line in good]
    bad = [r[0] for p in parsed for r in refused(p)]
    assert bad == [n for n, line in enumerate(given_lines, 1) if line in (b"null", b"\xff")]
    assert sum(p.records for p in parsed) == len(read) + len(bad)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "either a separator or a pattern"),
        ({"separator": " ", "pattern": "x"}, "either a separator or a pattern"),
        ({"separator": ""}, "either a separator or a pattern"),
        ({"pattern": "(?P<at>"}, "pattern"),
    ],
)
def test_a_declaration_that_cannot_be_is_told_at_once(arguments: dict[str, str], told: str) -> None:
    with pytest.raises(PenstockError, match=told):
        Lines(**arguments)

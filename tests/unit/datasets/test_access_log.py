"""The pattern of an access log: what of a line is known, whatever stands in it."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.datasets import get
from penstock.formats import Lines
from penstock.formats.parse import parse
from penstock.frames import table_of
from penstock.validate import validate

ACCESS_LOG = get("access_log")
FORM = ACCESS_LOG.format_of("access.log")
START = "a.jp - - [01/Aug/1995:00:00:01 -0400] "
REQUEST = ("method", "path", "protocol")
AGENT = ("referrer", "user_agent")


def judge(*lines: str | bytes) -> tuple[list[dict[str, Any]], list[tuple[int, list[str]]]]:
    """The good rows, and (line, reasons) of the others."""
    data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    parsed = parse(ACCESS_LOG, "access.log", data, 1, None)
    verdict = validate(ACCESS_LOG, parsed.frame)
    refused = [(r.line, r.reasons) for r in parsed.refused]
    refused += [(parsed.frame.index[row], why) for row, why in verdict.reasons.items()]
    return table_of(verdict.frame[verdict.good]).to_pylist(), sorted(refused)


def row(rest: str | bytes) -> dict[str, Any]:
    """The one row of a line that ends in `rest`."""
    line = START.encode() + (rest if isinstance(rest, bytes) else rest.encode())
    rows, refused = judge(line)
    assert not refused
    return rows[0]


def of(found: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


def test_every_field_of_the_common_format() -> None:
    line = 'gate.example.co.uk id3 jane [01/Aug/1995:00:00:01 -0400] "GET /x HTTP/1.0" 200 1839'
    rows, refused = judge(line)
    assert not refused
    assert rows[0].pop("requested_at").isoformat() == "1995-08-01T04:00:01+00:00"
    assert rows == [
        {
            **{"host": "gate.example.co.uk", "country": "GB", "ident": "id3", "auth_user": "jane"},
            **{"method": "GET", "path": "/x", "protocol": "HTTP/1.0", "unparsed_request": ""},
            **{"status": 200, "size_bytes": 1839, "referrer": "", "user_agent": ""},
            "more_fields": "",
        }
    ]


def test_a_dash_says_nothing() -> None:
    found = row('"GET /x HTTP/1.0" 304 - "-" "-"')
    assert of(found, ("ident", "auth_user", *AGENT)) == ("", "", "", "")
    assert found["size_bytes"] is None
    assert row('"GET /x HTTP/1.0" 304 0')["size_bytes"] == 0


@pytest.mark.parametrize(
    ("rest", "known"),
    [
        ("GET /x", ("GET", "/x", "")),  # HTTP/0.9
        ("GET /x HTTP/V1.0", ("GET", "/x", "HTTP/V1.0")),
        ("GET / HTTP/1.0 ", ("GET", "/", "HTTP/1.0")),
        ("GET  /x  HTTP/1.0", ("GET", "/x", "HTTP/1.0")),
        ("GET /finger @example.com HTTP/1.0", ("GET", "/finger @example.com", "HTTP/1.0")),
        ("GET /a  b", ("GET", "/a  b", "")),
        ("POST /x HTTP/1.0 HTTP/1.0", ("POST", "/x HTTP/1.0", "HTTP/1.0")),
        ("M-SEARCH * HTTP/1.1", ("M-SEARCH", "*", "HTTP/1.1")),
        ("GET ", ("GET", "", "")),
        ('GET /"x" HTTP/1.0', ("GET", '/"x"', "HTTP/1.0")),
        ('GET "/x" HTTP/1.0', ("GET", '"/x"', "HTTP/1.0")),
        ('GET /say "hi" 5 HTTP/1.0', ("GET", '/say "hi" 5', "HTTP/1.0")),
        (r"GET /\"x\" HTTP/1.0", ("GET", r"/\"x\"", "HTTP/1.0")),
        ("GET /back\\", ("GET", "/back\\", "")),
        ("GET /é HTTP/1.0", ("GET", "/é", "HTTP/1.0")),
        (b"GET /\xe9 HTTP/1.0", ("GET", r"/\xe9", "HTTP/1.0")),
    ],
)
@pytest.mark.parametrize("combined", ["", ' "http://b/" "agent"', ' "" "" "10.0.0.1" 0.004'])
def test_requests(rest: str | bytes, known: tuple[str, str, str], combined: str) -> None:
    text = rest if isinstance(rest, bytes) else rest.encode()
    found = row(b'"' + text + b'" 200 9' + combined.encode())
    assert of(found, (*REQUEST, "unparsed_request")) == (*known, "")
    assert of(found, ("status", "size_bytes")) == (200, 9)
    assert found["more_fields"] == ('"10.0.0.1" 0.004' if "0.004" in combined else "")


@pytest.mark.parametrize(
    ("rest", "kept"),
    [
        ("", ""),
        ("-", ""),
        ("GET", "GET"),
        ("1/history/", "1/history/"),
        ("hello world", "hello world"),
        (b"\x16\x03\x00\xfe", "\x16\x03\\x00\\xfe"),
        (rb"\x16\x03", r"\x5cx16\x5cx03"),
        ('a"b', 'a"b'),
    ],
)
def test_what_is_no_request_is_a_good_row_that_keeps_it(rest: str | bytes, kept: str) -> None:
    text = rest if isinstance(rest, bytes) else rest.encode()
    found = row(b'"' + text + b'" 400 -')
    assert of(found, (*REQUEST, "unparsed_request")) == ("", "", "", kept)


def test_what_was_sent_to_a_server_cannot_pass_for_what_it_answered() -> None:
    found = row(r'"GET /a\" 200 5 " 404 9 "-" "agent"')
    assert of(found, ("path", "status", "size_bytes")) == (r"/a\" 200 5", 404, 9)
    found = row(r'"GET / HTTP/1.0" 404 9 "\" \"x" "agent\" \"more"')
    assert of(found, AGENT) == (r"\" \"x", r"agent\" \"more")


def test_quotes_within_referrer_and_agent() -> None:
    found = row('"GET / HTTP/1.0" 200 9 "http://b/?q="x"" "an "odd" agent"')
    assert of(found, (*AGENT, "more_fields")) == ('http://b/?q="x"', 'an "odd" agent', "")


LINE = START + '"GET /some where HTTP/1.0" 200 1839 "http://example.org/ a" "Mozilla/5.0 (X11)"'


@pytest.mark.parametrize("length", range(len(LINE)))
def test_a_line_cut_short_is_refused_unless_what_is_left_is_a_line(length: int) -> None:
    rows, refused = judge(LINE[:length])
    size = re.search(r"200 (\d+) ?$", LINE[:length])
    assert len(rows) == bool(size), rows
    if length and not size:
        assert refused == [(1, ["does not have the form of a record"])]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (START + '"GET / HTTP/1.0" OK 9', "status: OK, expected "),
        (START + '"GET / HTTP/1.0" 20 9', "status: not between 100 and 999"),
        (START + '"GET / HTTP/1.0" - 9', "status: -, expected "),
        (START + '"GET / HTTP/1.0" 200 9k', "size_bytes: 9k, expected "),
        (START + '"GET / HTTP/1.0" 200 -9', "size_bytes: less than 0"),
        ('a - - [32/Aug/1995:00:00:01 -0400] "GET /" 200 9', "requested_at: 32/Aug/1995:00:00:01"),
        ('a - - [01/Aug/1995:00:00:01] "GET /" 200 9', "requested_at: 01/Aug/1995:00:00:01"),
        ('a - - [] "GET /" 200 9', "requested_at: is empty"),
        ('a - - [01/Aug/0995:00:00:01 +0000] "GET /" 200 9', "requested_at: not between 1990 and"),
        ("h" * 256 + START[4:] + '"GET /" 200 9', "host: longer than 255 characters"),
        (" " + START + '"GET /" 200 9', "does not have the form of a record"),
        ("www.example.org:80 " + START + '"GET /" 200 9', "does not have the form of a record"),
        (START + '"GET /" 200', "does not have the form of a record"),
        (START + '"GET /" 200 9 0.004', "does not have the form of a record"),
        (START + '"GET /" 200 9 "-"', "does not have the form of a record"),
        (START + "GET / 200 9", "does not have the form of a record"),
    ],
)
def test_lines_that_are_refused(line: str, reason: str) -> None:
    rows, ((_, reasons),) = judge(line)
    assert not rows
    assert [why[: len(reason)] for why in reasons] == [reason]


words = st.text(st.characters(codec="utf-8", exclude_characters='" \\\n\r\0'), min_size=1)
quoted = st.text(st.sampled_from('ab" \\[]-1é')).map(
    lambda text: text.replace("\\", r"\\").replace('"', r"\"")
)


@given(words, words, quoted, st.integers(100, 999), st.integers(0), quoted, quoted, st.booleans())
def test_what_a_server_escapes_comes_back_in_its_place(
    host: str, user: str, path: str, status: int, size: int, referrer: str, agent: str, gap: bool
) -> None:
    """Whatever is in the fields: found by Arrow's RE2 and by Python's `re` alike."""
    assert isinstance(FORM, Lines)
    line = f'{host} - {user} [t] "GET /{path}x HTTP/1.1" {status} {size} "{referrer}" "{agent}"'
    parsed = parse(ACCESS_LOG, "access.log", (line + " " * gap).encode(), 1, None)
    (found,) = table_of(parsed.frame).to_pylist()
    names = ("host", "auth_user", *REQUEST, "status", "size_bytes", *AGENT)
    told = (host, user, "GET", f"/{path}x", "HTTP/1.1", str(status), str(size), referrer, agent)
    assert of(found, names) == told
    match = re.fullmatch(FORM.pattern or "", line)
    assert match
    assert {name: text or "" for name, text in match.groupdict().items()} == found


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        *((name, True) for name in ("a.log", "a.log.gz", "a.log.1", "a.log.2.gz", "access_log")),
        *(
            (name, True)
            for name in ("NASA_access_log_Aug95.gz", "old/access_log.3", "ssl_access_log")
        ),
        *((name, False) for name in ("a.txt", "login", "a.log.part", ".a.log", "access.csv")),
    ],
)
def test_which_files_are_access_logs(path: str, accepted: bool) -> None:
    assert ACCESS_LOG.accepts(path) is accepted

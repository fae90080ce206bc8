"""The pattern of an access log: what of a line is known, whatever stands in it."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.datasets import get
from penstock.declare.formats import Lines
from penstock.formats.frames import table_of
from penstock.formats.parse import parse
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
            **{"virtual_host": "", "escaped_bytes": 0},
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
        (rb"\x16\x03", r"\x16\x03"),
        (b"\\x16\xfe", r"\x5cx16\xfe"),
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
        ((_, [reason]),) = refused
        assert reason.startswith("does not have the form of a record: character ")


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
        (START + '"GET /" 200', "does not have the form of a record"),
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
    groups = {name: text or "" for name, text in match.groupdict().items()}
    assert groups.pop("more_fields__2") == ""
    assert groups | {"escaped_bytes": "0"} == found


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        *((name, True) for name in ("a.log", "a.log.gz", "a.log.1", "a.log.2.gz", "access_log")),
        *(
            (name, True)
            for name in ("NASA_access_log_Aug95.gz", "old/access_log.3", "ssl_access_log")
        ),
        *(
            (name, True)
            for name in ("access.log-20261119", "ACCESS.LOG-20261119.GZ", "a.log-1.zst")
        ),
        *(
            (name, True)
            for name in (
                "localhost_access_log.2026-11-20.txt",
                "other_vhosts_access.log",
                "u_ex261120.log",
            )
        ),
        *((name, False) for name in ("a.txt", "login", "a.log.part", ".a.log", "access.csv")),
    ],
)
def test_which_files_are_access_logs(path: str, accepted: bool) -> None:
    assert ACCESS_LOG.accepts(path) is accepted


REST = '[20/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5'


@pytest.mark.parametrize(
    ("front", "known"),
    [
        ("shop.example:443 192.0.2.1 - -", ("shop.example:443", "192.0.2.1", "", "")),
        ("shop.example 192.0.2.1 - -", ("shop.example", "192.0.2.1", "", "")),
        ("[2001:db8::1]:80 2001:db8::9 - ann", ("[2001:db8::1]:80", "2001:db8::9", "", "ann")),
        ("_:80 ::ffff:192.0.2.1 - Ann Lee", ("_:80", "::ffff:192.0.2.1", "", "Ann Lee")),
        ("- 192.0.2.1 - -", ("", "192.0.2.1", "", "")),
        ("192.0.2.1 - Ann Lee", ("", "192.0.2.1", "", "Ann Lee")),
        ("fe80::1 - Ann B Lee", ("", "fe80::1", "", "Ann B Lee")),
        ('192.0.2.1 - "ann', ("", "192.0.2.1", "", '"ann')),
        ('192.0.2.1 - ""', ("", "192.0.2.1", "", "")),
        ("192.0.2.1 - ", ("", "192.0.2.1", "", "")),
        ("192.0.2.1 - -ann", ("", "192.0.2.1", "", "-ann")),
        ("192.0.2.1 - a [b] c", ("", "192.0.2.1", "", "a [b] c")),
        (r"192.0.2.1 - EXAMPLE\ann", ("", "192.0.2.1", "", r"EXAMPLE\ann")),
        ("unix: - -", ("", "unix:", "", "")),
        ("10.0.0.1, 10.0.0.2 - -", ("", "10.0.0.1, 10.0.0.2", "", "")),
        ("localhost:51234 - -", ("", "localhost:51234", "", "")),
    ],
)
def test_what_stands_before_the_time(front: str, known: tuple[str, ...]) -> None:
    rows, refused = judge(f"{front} {REST}")
    assert not refused
    assert of(rows[0], ("virtual_host", "host", "ident", "auth_user")) == known


@pytest.mark.parametrize(
    ("rest", "agent", "more"),
    [
        (" 12", "", "12"),
        (" 12 0.004", "", "12 0.004"),
        (' rt=0.1 ua="10.0.0.1:80" "x y"', "", 'rt=0.1 ua="10.0.0.1:80" "x y"'),
        (' "-" "probe/1" "-" "s" sn="a b" rt=0.1 cs=-', "probe/1", '"-" "s" sn="a b" rt=0.1 cs=-'),
        (' "-" "probe/1" | 0.1 | [a]', "probe/1", "| 0.1 | [a]"),
        (' "-" "probe/1"  "10.0.0.1, 10.0.0.2"', "probe/1", '"10.0.0.1, 10.0.0.2"'),
        (' "-" "probe/1"\t12', "probe/1", "12"),
        (' "-" "probe/1","x"', "probe/1", '"x"'),
        (r' "-" "a \"b\" c" x="\"" ', r"a \"b\" c", r'x="\""'),
        (r' "-" "bot \x22x\x22" rt="0.1"', r"bot \x22x\x22", 'rt="0.1"'),
        (' "-" "-" {"a":"b c"}', "", '{"a":"b c"}'),
        (r' "-" "a" \"x\"', "a", r"\"x\""),
        (r' "-" "a\" 12', "a" + "\\", "12"),
        (' "" ""', "", ""),
    ],
)
def test_what_stands_behind_the_size(rest: str, agent: str, more: str) -> None:
    rows, refused = judge(f"192.0.2.1 - - {REST}{rest}")
    assert not refused
    assert of(rows[0], ("user_agent", "more_fields")) == (agent, more)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"192.0.2.1 shop.example - - {REST}", "character 23: expected a blank, the user or `-`"),
        ("\0\0" + f"a.jp - - {REST}", r"character 1: expected a host, found \x00\x00a.jp"),
        (f" 192.0.2.1 - - {REST}", "character 1: expected a host"),
        (
            f'é - - {REST} "-"',
            'character 63: expected a blank and a user agent in `"`, found the e',
        ),
        (
            f"<13>Nov 20 10:00:00 web nginx: a - - {REST}",
            "character 11: expected a blank, the user",
        ),
        ("192.0.2.1 - - 20/Nov/2026", "character 12: expected a blank, the user or `-`, and ` [`"),
        ("192.0.2.1 - - [20/Nov", "character 16: expected a time and `]`, found 20/Nov"),
        ("192.0.2.1 - - [t] GET / 200 5", 'character 18: expected a blank and `"`, found " GET'),
        ('192.0.2.1 - - [t] "GET / 200 5', "character 20: expected a request, "),
        ('192.0.2.1 - - [t] "GET /" 200', "character 30: expected a blank and a size"),
        (f'192.0.2.1 - - {REST} "-" "a" "', 'fields whose quotes pair up, or the end, found " ""'),
        (f'192.0.2.1 - - {REST} "-" "a" x="', "expected fields whose quotes pair up"),
    ],
)
def test_a_refusal_says_which_part_of_the_line_does_not_fit(line: str, told: str) -> None:
    rows, ((_, [reason]),) = judge(line)
    assert not rows
    assert reason.startswith("does not have the form of a record: ")
    assert told in reason


def test_very_long_lines() -> None:
    path = "/" + "x" * 3_000_000
    rows, refused = judge(f'192.0.2.1 - - [20/Nov/2026:10:00:00 +0000] "GET {path} HTTP/3" 200 5')
    assert not refused
    assert of(rows[0], ("path", "protocol")) == (path, "HTTP/3")

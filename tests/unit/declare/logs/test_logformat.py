r"""`LogFormat`: the line of a server's configuration gives the columns of its log."""

from typing import Any

import pytest

from penstock.declare.columns import Text
from penstock.declare.formats import Lines
from penstock.declare.logs import COMBINED, COMMON, VHOST_COMBINED, LogFormat
from penstock.errors import PenstockError
from penstock.formats import lines
from penstock.formats.frames import table_of


def read(form: Lines, *records: str) -> list[dict[str, Any]]:
    """The rows of `records`: the fields that are not empty, or why there is none."""
    columns = [Text(name) for name in form.gives or ()]
    parsed = lines.parse("\n".join(records).encode(), 1, form, columns)
    rows = dict(zip(parsed.lines.tolist(), table_of(parsed.frame).to_pylist(), strict=True))
    rows |= {record.line: {"refused": record.reasons[0]} for record in parsed.refused}
    for row in rows.values():
        row.pop("escaped_bytes", None)
    return [{name: text for name, text in rows[n].items() if text} for n in sorted(rows)]


REQUEST = {"method": "GET", "path": "/x", "protocol": "HTTP/1.1"}
NGINX = """
    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for" rt=$request_time '
                      "ut=\\"$upstream_response_time\\"";
"""


@pytest.mark.parametrize(
    ("notation", "record", "row"),
    [
        (
            r"%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"",
            'shop:443 ::1 - Ann Lee [20/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "a b"',
            {
                **{"virtual_host": "shop", "port": "443", "host": "::1", "ident": "-"},
                **{"auth_user": "Ann Lee", "requested_at": "20/Nov/2026:10:00:00 +0000"},
                **{**REQUEST, "status": "200", "size_bytes": "5"},
                **{"referrer": "-", "user_agent": "a b"},
            },
        ),
        (
            r'LogFormat "%a %{c}a %D %{ms}T %b %O \"%{X-Request-Id}i\" \"%{Set-Cookie}o\" %{id}C"',
            r'::1 ::2 7 8 - 99 "a\"b" "c" d e',
            {
                **{"host": "::1", "peer_address": "::2", "duration_us": "7", "duration_ms": "8"},
                **{"size_bytes": "-", "bytes_sent": "99", "x_request_id": r"a\"b"},
                **{"response_set_cookie": "c", "cookie_id": "d e"},
            },
        ),
        (
            "[%{%d/%b/%Y:%H:%M:%S}t.%{msec_frac}t %{%z}t] %h 100%% %m %U%q %H",
            "[20/Nov/2026:10:00:00.123 +0000] h 100% GET /x?y=1 HTTP/2.0",
            {
                **{"requested_at": "20/Nov/2026:10:00:00.123 +0000", "host": "h"},
                **{"method": "GET", "path": "/x", "query": "?y=1", "protocol": "HTTP/2.0"},
            },
        ),
        (
            NGINX,
            '::1 - - [20/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "a \\x22b" '
            '"10.0.0.1, 10.0.0.2" rt=0.1 ut="0.1, 0.2"',
            {
                **{"host": "::1", "auth_user": "-", "requested_at": "20/Nov/2026:10:00:00 +0000"},
                **{**REQUEST, "status": "200", "size_bytes": "5", "referrer": "-"},
                **{"user_agent": r"a \x22b", "x_forwarded_for": "10.0.0.1, 10.0.0.2"},
                **{"request_time": "0.1", "upstream_response_time": "0.1, 0.2"},
            },
        ),
        (
            """log_format j escape=json '{"t":"$time_iso8601",'
                '"r":"$request","n":${bytes_sent}}';""",
            r'{"t":"2026-11-20T10:00:00+00:00","r":"GET /x HTTP/1.1","n":5}',
            {"requested_at": "2026-11-20T10:00:00+00:00", **REQUEST, "size_bytes": "5"},
        ),
        (
            "$time_local $host $remote_addr $upstream_addr $status",
            "20/Nov/2026:10:00:00 +0000 shop ::1 a:80, b:80 200",
            {
                **{"requested_at": "20/Nov/2026:10:00:00 +0000", "virtual_host": "shop"},
                **{"host": "::1", "upstream_addr": "a:80, b:80", "status": "200"},
            },
        ),
        (
            r"$msec\t$remote_addr",
            "1763632800.123\th",
            {"requested_at": "1763632800.123", "host": "h"},
        ),
        ('"%r" "%{Referer}i"', '"GET /x HTTP/1.1" "r"', {**REQUEST, "referrer": "r"}),
        ("%r %s", "GET /x HTTP/1.1 200", {"request": "GET /x HTTP/1.1", "status": "200"}),
        (
            r"%m \"%r\" %h %h",
            'GET "\\x16\\x03" a b',
            {"method_2": "GET", "unparsed_request": r"\x16\x03", "host": "a", "host_2": "b"},
        ),
    ],
)
def test_a_line_of_a_configuration(notation: str, record: str, row: dict[str, str]) -> None:
    assert read(LogFormat(notation), record) == [row]


def test_ready_made_formats() -> None:
    common = 'a - - [t] "GET /x HTTP/1.1" 200 5'
    known = {"host": "a", "ident": "-", "auth_user": "-", "requested_at": "t", **REQUEST}
    known |= {"status": "200", "size_bytes": "5"}
    agent = {"referrer": "r", "user_agent": "u"}
    assert read(COMMON, common) == [known]
    assert read(COMBINED, f'{common} "r" "u"') == [known | agent]
    named = {"virtual_host": "s", "port": "80"}
    assert read(VHOST_COMBINED, f's:80 {common} "r" "u"') == [known | agent | named]


def test_a_refusal_says_which_column_was_expected() -> None:
    (short, other, more) = read(
        COMMON, "a - - [t", 'a - - (t) "GET /" 200 5', f"{'a - - [t] ' * 2}"
    )
    start = "does not have the form of a record: character "
    assert short["refused"] == f'{start}8: expected requested_at and `] "`, found t'
    assert other["refused"].startswith(f"{start}5: expected auth_user and ` [`, found - (t)")
    assert more["refused"].startswith(f'{start}8: expected requested_at and `] "`')


@pytest.mark.parametrize("notation", ["", "combined", "100%%"])
def test_what_names_no_field_is_told_at_once(notation: str) -> None:
    with pytest.raises(PenstockError, match=r"expected fields such as %h or \$remote_addr"):
        LogFormat(notation)

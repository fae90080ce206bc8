"""Text a line a record: logs of servers, lines with separators."""

from dataclasses import replace
from datetime import UTC, datetime

from penstock.declare import logs
from penstock.declare.columns import Text, Timestamp
from penstock.declare.dataset import Dataset
from tests.files.case import Case
from tests.files.datasets import ACCESS_LOG

_AT = "- - [20/Nov/2026:10:00:00 +0100]"
_GET = f'192.0.2.1 {_AT} "GET / HTTP/1.1" 200 5'

_OPTIONAL = {"required": False, "null_values": ("-",)}
_NGINX = Dataset(
    "nginx",
    "Requests, in a format of our own.",
    {
        "*.log": logs.LogFormat(
            """log_format main '$remote_addr - $remote_user [$time_local] $host "$request" '
                               '$status $request_time "$http_x_request_id"';"""
        )
    },
    (
        Text("host"),
        Text("auth_user", **_OPTIONAL),
        Timestamp("requested_at", form="clf"),
        Text("virtual_host"),
        *(Text(name, required=False) for name in ("method", "path", "protocol")),
        Text("status"),
        Text("request_time"),
        Text("x_request_id", **_OPTIONAL),
    ),
)
_APACHE = Dataset(
    "apache",
    "Requests, with how long they took.",
    {"*.log": logs.LogFormat(r'LogFormat "%v %h %t \"%r\" %>s %D \"%{X-Forwarded-For}i\"" timed')},
    (
        *map(Text, ("virtual_host", "host")),
        Timestamp("requested_at", form="clf"),
        *map(Text, ("path", "status", "duration_us", "x_forwarded_for")),
    ),
)
_IIS = Dataset("iis", "Requests to IIS.", {"*.log": logs.W3C()}, logs.IIS_COLUMNS)
_CLOUDFRONT = Dataset(
    "cloudfront", "Requests to CloudFront.", {"*.log": logs.CLOUDFRONT}, logs.CLOUDFRONT_COLUMNS
)
_ALB = Dataset("alb", "Requests to a load balancer.", {"*.log": logs.ALB}, logs.ALB_COLUMNS)
_ALB_LINES = b"""\
https 2026-11-20T10:00:00.186641Z app/a/1 192.0.2.1:2817 10.0.0.1:80 0.08 0.04 0.03 200 200 0 57 \
"GET https://shop:443/ HTTP/1.1" "curl/8" - TLSv1.2 arn "Root=1" "shop" "acm" 1 \
2026-11-20T10:00:00.1Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID "new one"
http 2026-11-20T10:00:00.186641Z app/a/1 192.0.2.1:2817 - -1 -1 -1 400 - 0 0 "- - - " "-" - -
"""
_CADDY = Dataset("caddy", "Requests to Caddy.", {"*.log": logs.CADDY}, logs.CADDY_COLUMNS)
_CADDY_LINE = b"""\
{"level":"info","ts":1646861401.5241024,"logger":"http.log.access","msg":"handled request",\
"request":{"remote_ip":"192.0.2.1","remote_port":"41342","client_ip":"192.0.2.1",\
"proto":"HTTP/2.0","method":"GET","host":"shop","uri":"/x","headers":{"User-Agent":["curl/8"]}},\
"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":200}
"""

CASES = [
    Case(
        kind="Access log, NCSA common",
        does="Loads",
        name="common.log",
        data=f"{_GET}\n".encode(),
        dataset=ACCESS_LOG,
        columns=("host", "path", "status", "size_bytes"),
        rows=[("192.0.2.1", "/", 200, 5)],
    ),
    Case(
        kind='Combined, with more fields behind the agent: quoted, `key="value"`, in brackets',
        does="Loads; they are kept in `more_fields`",
        name="more.log",
        data=f'{_GET} "-" "probe/1" "-" sn="a b" rt=0.1 [x]\n'.encode(),
        dataset=ACCESS_LOG,
        columns=("user_agent", "more_fields"),
        rows=[("probe/1", '"-" sn="a b" rt=0.1 [x]')],
    ),
    Case(
        kind="Common, with a duration behind the size",
        does="Loads; it is kept in `more_fields`",
        name="duration.log",
        data=f"{_GET} 12\n".encode(),
        dataset=ACCESS_LOG,
        columns=("size_bytes", "more_fields"),
        rows=[(5, "12")],
    ),
    Case(
        kind="A virtual host in front, with a port or without",
        does="Loads; it is kept in `virtual_host`",
        name="other_vhosts_access.log",
        data=f"shop.example:443 {_GET}\nshop.example {_GET}\n".encode(),
        dataset=ACCESS_LOG,
        columns=("virtual_host", "host"),
        rows=[("shop.example:443", "192.0.2.1"), ("shop.example", "192.0.2.1")],
    ),
    Case(
        kind="Blanks and quotes in the user's name, an empty one",
        does="Loads",
        name="users.log",
        data="".join(
            f"192.0.2.1 - {user} {_GET[14:]}\n" for user in ("Ann Lee", '"ann', '""')
        ).encode(),
        dataset=ACCESS_LOG,
        columns=("auth_user", "status"),
        rows=[("Ann Lee", 200), ('"ann', 200), ("", 200)],
    ),
    Case(
        kind='Escapes of nginx and Apache (`\\x22`, `\\"`), TLS instead of HTTP, an empty request',
        does="Loads; what the server wrote is kept",
        name="escapes.log",
        data=rb"""
192.0.2.1 - - [20/Nov/2026:10:00:00 +0100] "GET /a\x22b HTTP/1.1" 200 5 "-" "bot \x22x\x22"
192.0.2.1 - - [20/Nov/2026:10:00:00 +0100] "\x16\x03\x01" 400 157 "-" "say \"hi\""
192.0.2.1 - - [20/Nov/2026:10:00:00 +0100] "" 400 - "-" "-"
""",
        dataset=ACCESS_LOG,
        columns=("path", "unparsed_request", "user_agent"),
        rows=[
            (r"/a\x22b", "", r"bot \x22x\x22"),
            ("", r"\x16\x03\x01", r"say \"hi\""),
            ("", "", ""),
        ],
    ),
    Case(
        kind="Bytes that are not UTF-8, or NUL, in a request",
        does="Loads; these become `\\xHH`, and `escaped_bytes` counts them. In such a line alone, "
        "the backslash of a `\\xHH` in the file becomes `\\x5c`",
        name="bytes.log",
        data=b'192.0.2.1 - - [20/Nov/2026:10:00:00 +0100] "GET /\\x22\xe9\0" 200 5\n',
        dataset=ACCESS_LOG,
        columns=("path", "escaped_bytes"),
        rows=[(r"/\x5cx22\xe9\x00", 3)],
    ),
    Case(
        kind="A run of NUL in front, of any length, as `copytruncate` leaves it",
        does="Loads, with a note; refuses only the record that the run touches",
        name="truncated.log",
        data=lambda: bytes(3_000_000) + f"{_GET}\n{_GET}\n".encode(),
        dataset=ACCESS_LOG,
        columns=("status",),
        rows=[(200,)],
        refused={1: "character 1: expected a host"},
        notes=["begins with 3,000,000 NUL bytes"],
    ),
    Case(
        kind="A run of NUL in the middle, or at the end, as a loss of power leaves it",
        does="Loads the others; refuses only the records that it touches",
        name="power.log",
        data=f"{_GET}\n{_GET}\n".encode() + bytes(9000) + f"{_GET}\n{_GET}\n".encode() + bytes(99),
        dataset=ACCESS_LOG,
        columns=("status",),
        rows=[(200,)] * 3,
        refused={3: "character 1: expected a host", 5: "character 1: expected a host"},
    ),
    Case(
        kind="A line cut short, or of another format",
        does="Loads the others; the reason says from which character on what was expected",
        name="cut.log",
        data=f'{_GET} "-" "prob\n{_GET}\n{_GET[:50]}'.encode(),
        dataset=ACCESS_LOG,
        columns=("status",),
        rows=[(200,)],
        refused={
            1: 'character 70: expected a blank and a user agent in `"`, found " "prob"',
            3: 'character 45: expected a request, `"`, a blank and a status, found "GET /',
        },
    ),
    Case(
        kind="Any format of nginx, by its line of the configuration: `LogFormat(...)`",
        does="Loads; each variable is a column",
        name="nginx.log",
        data=b'192.0.2.1 - - [20/Nov/2026:10:00:00 +0100] shop "GET /x HTTP/2.0" 200 0.1 "a b"\n'
        b'192.0.2.1 - - [20/Nov/2026:10:00:00 +0100] "GET /x HTTP/2.0" 200\n',
        dataset=replace(_NGINX, reject_when_bad=1),
        columns=("host", "virtual_host", "path", "request_time", "x_request_id"),
        rows=[("192.0.2.1", "shop", "/x", "0.1", "a b")],
        refused={2: 'character 44: expected virtual_host and ` "`'},
    ),
    Case(
        kind="Any format of Apache, by its line of the configuration: `LogFormat(...)`",
        does="Loads; each directive is a column",
        name="apache.log",
        data=b'shop 192.0.2.1 [20/Nov/2026:10:00:00 +0100] "GET /x HTTP/2.0" 200 5 "a, b"\n',
        dataset=_APACHE,
        columns=("virtual_host", "path", "duration_us", "x_forwarded_for"),
        rows=[("shop", "/x", "5", "a, b")],
    ),
    Case(
        kind="W3C extended, as IIS writes it; its `#Fields:` change in the middle",
        does="Loads; fields go by the last such line, `date` and `time` are one instant in UTC",
        name="iis.log",
        data=b"#Version: 1.0\r\n#Fields: date time c-ip cs(User-Agent)\r\n"
        b"2026-11-20 10:00:00 192.0.2.1 a+b\r\n2026-11-20 10:00:01 192.0.2.1\r\n"
        b"#Fields: date time sc-status c-ip\r\n2026-11-20 10:00:02 404 192.0.2.2\r\n",
        dataset=replace(_IIS, reject_when_bad=1),
        columns=("requested_at", "host", "user_agent", "status"),
        rows=[
            (datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC), "192.0.2.1", "a+b", None),
            (datetime(2026, 11, 20, 10, 0, 2, tzinfo=UTC), "192.0.2.2", "", 404),
        ],
        refused={4: "expected 4 fields, as `#Fields:` names them, found 3"},
    ),
    Case(
        kind="CloudFront's log, separated by tabs",
        does="Loads; fields stand as they are, `%20` too",
        name="cloudfront.log",
        data=b"#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs(User-Agent)\n"
        b"2026-11-20\t10:00:00\tFRA2\t5\t192.0.2.1\ta%20b\n",
        dataset=_CLOUDFRONT,
        columns=("host", "edge_location", "size_bytes", "user_agent"),
        rows=[("192.0.2.1", "FRA2", 5, "a%20b")],
    ),
    Case(
        kind="The log of an Application Load Balancer",
        does="Loads; fields that AWS adds at the end are kept in `more_fields`",
        name="alb.log",
        data=_ALB_LINES,
        dataset=_ALB,
        columns=("host", "client_port", "status", "path", "unparsed_request", "more_fields"),
        rows=[
            ("192.0.2.1", 2817, 200, "https://shop:443/", "", '"new one"'),
            ("192.0.2.1", 2817, 400, "", "- - - ", ""),
        ],
    ),
    Case(
        kind="Caddy's log, and others whose lines are nested JSON",
        does="Loads, by declared paths: `request.headers.User-Agent.0`; a note names what has none",
        name="caddy.log",
        data=_CADDY_LINE,
        dataset=_CADDY,
        columns=("requested_at", "host", "virtual_host", "path", "user_agent", "duration_s"),
        rows=[
            (
                datetime(2022, 3, 9, 21, 30, 1, 524102, tzinfo=UTC),
                *("192.0.2.1", "shop", "/x", "curl/8", "0.000929675"),
            )
        ],
        notes=["`msg`: not a column"],
    ),
]

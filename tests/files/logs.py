"""Text a line a record: logs of servers, lines with separators."""

from tests.files.case import Case
from tests.files.datasets import ACCESS_LOG

_AT = "- - [20/Nov/2026:10:00:00 +0100]"
_GET = f'192.0.2.1 {_AT} "GET / HTTP/1.1" 200 5'

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
]

"""Text a line a record: logs of servers, lines with separators."""

from tests.files.case import Case
from tests.files.datasets import ACCESS_LOG

CASES = [
    Case(
        kind="Access log, NCSA common",
        does="Loads",
        name="common.log",
        data=b'192.0.2.1 - - [20/Nov/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 5\n',
        dataset=ACCESS_LOG,
        columns=("host", "path", "status", "size_bytes"),
        rows=[("192.0.2.1", "/", 200, 5)],
    ),
]

"""Whether the first record is a header."""

import pytest

from penstock.declare.formats import Csv
from penstock.scaffold.headers import looks_like_header


@pytest.mark.parametrize(
    ("text", "is_header"),
    [
        ("id,name\n1,ann\n", True),
        ("a,b\n", True),
        ("", True),
        ("city,2023,2024\nOslo,1,2\n", True),
        ("2023,2024\n1,2\n", True),
        ("1,ann\n2,ben\n", False),
        ("2024-05-01,ann\n2024-05-02,ben\n", False),
        ("ann,2024-05-01T10:00:00Z\nben,2024-05-02T10:00:00Z\n", False),
        ("ann,oslo\nben,bergen\n", True),
    ],
)
def test_a_header_is_known_by_what_stands_below(text: str, is_header: bool) -> None:
    assert looks_like_header(text.encode(), Csv()) is is_header

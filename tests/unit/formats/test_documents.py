"""JSON documents: records come out as they are written, wherever the stream is cut."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import RejectFile
from penstock.formats import documents
from tests.unit.formats.test_scan import limit

pytestmark = pytest.mark.usefixtures("bare_home")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Dripping(io.BytesIO):
    """Gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self._step = step

    def readinto(self, target: Any) -> int:
        data = self.read(min(self._step, len(target)))
        target[: len(data)] = data
        return len(data)


def records(data: bytes, path: str | None = None, step: int = 1 << 16) -> list[Any]:
    lines = io.BufferedReader(documents.Records(Dripping(data, step), path)).read()
    assert lines.count(b"\n") == len(lines.splitlines())
    return [json.loads(line) for line in lines.split(b"\n")[:-1]]


@given(
    st.lists(VALUES, max_size=5),
    st.integers(1, 9),
    st.sampled_from([None, 2]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", " ", "\x1e"]),
)
def test_records_are_those_that_were_written(
    given: list[Any], step: int, indent: int | None, ascii_only: bool, between: str
) -> None:
    def text(value: Any) -> str:
        return json.dumps(value, indent=indent, ensure_ascii=ascii_only)

    assert records(text(given).encode(), None, step) == given
    around = {"x": {"b": [0]}, "a": {"b": given, "c": "]}"}}
    assert records(text(around).encode(), "a.b", step) == given
    objects = [{"value": value} for value in given]
    one_by_one = between.join(map(text, objects)) + between
    assert records(one_by_one.encode(), None, step) == objects


@pytest.mark.parametrize("step", [1, 2, 1 << 16])
def test_numbers_and_repeated_keys_stay_as_written(step: int) -> None:
    stream = documents.Records(Dripping(b'[{"a":1e3,\n"a":1.50},\n -0 ]', step), None)
    assert io.BufferedReader(stream).read() == b'{"a":1e3, "a":1.50}\n-0\n'


@pytest.mark.parametrize(
    ("data", "path", "told"),
    [
        (b'[{"a": 1}\n{"a": 2}]', None, "line 2: not JSON: expected a comma or ], found {"),
        (b'[{"a": 1},\n', None, "line 2: not JSON: expected a value"),
        (b'[1, "a\n"]', None, "line 1: not JSON: a text is not closed on its line"),
        (b'[{"a": "b\n"}]', None, "line 1: not JSON: a text is not closed on its line"),
        (b'{"a":\n{"b": 1}', None, "line 1: not JSON: an object or array that begins here is not"),
        (b"[1]", "a", "line 1: not JSON: expected an object with the key 'a', found ["),
        (b'{"a" 1}', "a", "line 1: not JSON: expected a colon, found 1"),
        (b"{a: 1}", "a", "line 1: not JSON: expected a key in quotes"),
        (b'{"a": {"b": 1}}', "a.c", "line 1: not JSON: no key 'c'; found b"),
        (b'{"a": [' + b"1," * 20_000, "b", "an object or array that begins here is not closed"),
    ],
)
def test_documents_that_are_broken(data: bytes, path: str | None, told: str) -> None:
    for step in (1, 3, 1 << 16):
        with pytest.raises(RejectFile) as error:
            records(data, path, step)
        assert told in str(error.value)


def test_null_at_the_path_holds_no_records() -> None:
    assert records(b'{"a": null} {"a": {"b": 1}}', "a") == [{"b": 1}]


def test_a_record_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, max_record_bytes=5000)
    with pytest.raises(RejectFile, match="line 2: not JSON: the record is longer than 5,000 bytes"):
        records(b'[1,\n{"a": [' + b"1," * 500_000)

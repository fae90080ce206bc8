"""JSON: lines, documents, nesting."""

from tests.files.case import Case
from tests.files.datasets import ITEMS

CASES = [
    Case(
        kind="JSON lines; a key that is missing, `null`",
        does="Loads; both are empty fields, but a key that is missing leaves an upsert's old value",
        name="plain.jsonl",
        data=b'{"id":1,"name":"a"}\n{"id":2,"name":"c","remark":null}\n',
        dataset=ITEMS,
        rows=[(1, "a", ""), (2, "c", "")],
    ),
    Case(
        kind="U+2028, U+2029 and U+0085 inside strings of JSON lines",
        does="Loads; only a line feed ends a line",
        name="separators.jsonl",
        data='{"id":1,"name":"a\u2028b","remark":"c\u2029d\u0085e"}\n'.encode(),
        dataset=ITEMS,
        rows=[(1, "a\u2028b", "c\u2029d\u0085e")],
    ),
    Case(
        kind="A line that is no JSON, or no object",
        does="Loads the others; refuses this one with the place of the fault",
        name="broken.jsonl",
        data=b'{"id":1,"name":"a"}\n{"id":2,"name":\n[3]\n{"id":4,"name":"d"}\n',
        dataset=ITEMS,
        rows=[(1, "a", ""), (4, "d", "")],
        refused={2: "not JSON", 3: "expected a JSON object, found an array"},
    ),
    Case(
        kind="A key twice in one object",
        does="Refuses the record: other readers keep the last value in silence",
        name="twice.jsonl",
        data=b'{"id":1,"id":2,"name":"a"}\n{"id":3,"name":"b"}\n',
        dataset=ITEMS,
        rows=[(3, "b", "")],
        refused={1: "appears more than once"},
    ),
]

"""JSON: lines, documents, nesting."""

from dataclasses import replace

from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Json, JsonLines
from tests.files.case import Case
from tests.files.datasets import ITEMS

_DOCUMENTS = replace(ITEMS, files={"*.json": Json()})
_INSIDE = replace(ITEMS, files={"*.json": Json(records="data.items")})
_NESTED = Dataset(
    "nested",
    "Objects in objects.",
    {"*.jsonl": JsonLines(), "*.json": Json()},
    (
        Integer("id"),
        Text("user", header="user.name.first"),
        Text("street", required=False, header="user.address.street"),
    ),
    reject_when_bad=1,
)

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
        kind="A line that is not JSON, or not an object",
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
    Case(
        kind="A JSON array, on one line or many; one of its elements is broken",
        does="Loads, streamed; lines are numbers of records",
        name="array.json",
        data=b'\xef\xbb\xbf[\n  {\n    "id": 1,\n    "name": "a]\\"b"\n  },\n'
        b'  {"id": 2, "name": },{"id":3.0,"name":"c"},\n{"id":4,"id":4,"name":"d"}, 5, '
        b'{"id": 6, "name": "e", "remark": null}]',
        dataset=_DOCUMENTS,
        rows=[(1, 'a]"b', ""), (6, "e", "")],
        refused={2: "not JSON", 3: "id: ", 4: "more than once", 5: "expected a JSON object"},
    ),
    Case(
        kind="Pretty-printed objects one behind the other",
        does="Loads, streamed",
        name="concatenated.json",
        data=b'{\n  "id": 1,\n  "name": "a"\n}\n{\n  "id": 2,\n  "name": "b"}{"id":3,"name":"c"}',
        dataset=_DOCUMENTS,
        rows=[(1, "a", ""), (2, "b", ""), (3, "c", "")],
    ),
    Case(
        kind='Records inside of an object: `Json(records="data.items")`',
        does="Loads them; everything around them is ignored",
        name="inside.json",
        data=b'{"page": {"items": [1]}, "data": {"total": 1, "items": [{"id": 1, "name": "a"}]}}',
        dataset=_INSIDE,
        rows=[(1, "a", "")],
    ),
    Case(
        kind="Records that are not where the dataset says",
        does="Rejects the file; the reason names the keys that are there",
        name="elsewhere.json",
        data=b'{\n"data": {"rows": [], "total": 0}}',
        dataset=_INSIDE,
        rejected="line 2: not JSON: no key 'items'; found rows, total",
    ),
    Case(
        kind="An array that ends too early",
        does="Rejects the file",
        name="cut.json",
        data=b'[{"id": 1, "name": "a"},\n{"id": 2,\n"na',
        dataset=_DOCUMENTS,
        rejected="line 2: not JSON: an object or array that begins here is not closed",
    ),
    Case(
        kind="An empty array",
        does="Loads: no records",
        name="none.json",
        data=b"[ ]\n",
        dataset=_DOCUMENTS,
    ),
    Case(
        kind='Objects in objects, with columns that lead there: `header="user.name.first"`',
        does="Loads; a note names what no column leads to",
        name="nested.jsonl",
        data=b'{"id":1,"user":{"name":{"first":"a","last":"b"},"address":null}}\n'
        b'{"id":2,"user":"a"}\n'
        b'{"id":3,"user":{"name":{"first":"c"},"address":{"street":"d"}}}\n',
        dataset=_NESTED,
        rows=[(1, "a", ""), (3, "c", "d")],
        refused={2: "user: a single value, expected an object or array"},
        notes=["`user.name.last`: not a column"],
    ),
]

"""Fixed width: fields at the same characters of every line."""

from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import FixedWidth
from tests.files.case import Case

_FIXED = Dataset(
    "fixed",
    "Things at fixed characters.",
    {"*.dat": FixedWidth({"id": (1, 5), "name": (6, 10), "remark": (13, 15)})},
    (Integer("id"), Text("name"), Text("remark", required=False)),
    reject_when_bad=1,
)

CASES = [
    Case(
        kind='Fields by their first and last character: `FixedWidth({"id": (1, 5), ...})`',
        does="Loads; a line may end early, and text that no field covers is ignored",
        name="fixed.dat",
        data="    1Zoë  ??abc  \n00002b\n\n".encode(),
        dataset=_FIXED,
        rows=[(1, "Zoë", "abc"), (2, "b", "")],
    ),
    Case(
        kind="Text behind the last field of a line",
        does="Refuses the record",
        name="long.dat",
        data=b"    1a      abcd\n    2b\n",
        dataset=_FIXED,
        rows=[(2, "b", "")],
        refused={1: "expected at most 15 characters"},
    ),
]

"""Datasets that most cases are held against."""

from dataclasses import replace

from penstock.datasets import get
from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, JsonLines

ITEMS = Dataset(
    "items",
    "Things with a number and a remark.",
    {"*.csv": Csv(), "*.jsonl": JsonLines()},
    (Integer("id"), Text("name"), Text("remark", required=False)),
    reject_when_bad=1,
)
"""A key, a text that must be there, and one that need not; no share of bad rows is too much."""

STRICT = replace(ITEMS, reject_when_bad=0.5)

EVENTS, ACCESS_LOG = (replace(get(name), reject_when_bad=1) for name in ("events", "access_log"))

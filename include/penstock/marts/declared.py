"""The keys and constraints of marts, read from the text of the models, without importing dbt."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from penstock.marts import contracts, project

_UNIQUE = re.compile(r"\{'columns': \[([^\]]+)\], 'unique': true\}")
_NAME = re.compile(r"'(\w+)'")


@dataclass(frozen=True)
class Mart:
    """A mart. `keys` are unique groups of columns; `required` columns are never null.

    `whole_files`: it contains every good row of each file.
    """

    name: str
    required: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    whole_files: bool


@cache
def declared(name: str) -> Mart:
    """The mart called `name`.

    Raises:
        PenstockError: its `.yml` cannot be read.
    """
    sql = next(path for path in project.models() if path.stem == name)
    model = contracts.model(sql)
    columns = model["columns"]
    indexed = [tuple(_NAME.findall(group)) for group in _UNIQUE.findall(sql.read_text())]
    tested = [(c["name"],) for c in columns if "unique" in _tests(c)]
    return Mart(
        name=name,
        required=tuple(c["name"] for c in columns if "not_null" in _tests(c)),
        keys=tuple(dict.fromkeys(indexed + tested)),
        whole_files="whole_files" in _tests(model),
    )


def _tests(node: dict[str, Any]) -> set[str]:
    """The names of the tests and constraints of a model or column."""
    tests = (next(iter(t)) if isinstance(t, dict) else t for t in node.get("data_tests", []))
    return {*tests, *(c["type"] for c in node.get("constraints", []))}

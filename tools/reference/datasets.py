"""The page of datasets, from their declarations and dbt's models."""

from collections.abc import Iterator
from typing import Any

import yaml
from tools.reference.markdown import code, page, table

from penstock.datasets import all_datasets
from penstock.declare.columns import Derived
from penstock.declare.dataset import Dataset
from penstock.declare.outside import PROJECT
from penstock.ledger.problems import span
from penstock.marts import contracts, lineage, project

INTRODUCTION = """
Each dataset has a landing folder, a staging table with the columns of its files, and one or more
marts. Names match whatever their case, and a pattern matches compressed files, too: `A.CSV.GZ` is a
`*.csv`. Each member of a `.zip` is a file of its own, `a.zip/b.csv`.
[Which files load](../files.md) says what Penstock does with each kind of file.

Staging tables also have `_file_id`, the file in `ingest.file`, and `_row`, the line on which the
record starts. Read the marts, not staging: staging keeps rows of files that are not sealed, or no
longer count.
"""
_VERSIONS = {
    "replace": "its rows replace the old ones",
    "add": "its rows are added to the old ones",
    "append": "only what was appended is loaded",
}


def datasets_page() -> str:
    """Every dataset with its files, staging table and marts."""
    sections = [part for dataset in all_datasets().values() for part in _dataset(dataset)]
    return page(
        "Datasets, staging tables and marts",
        INTRODUCTION,
        _overview(),
        *sections,
        *_marts(),
        *_functions(),
    )


def _overview() -> str:
    rows = [
        (
            f"[{code(d.name)}](#{d.name})",
            ", ".join(map(code, d.files)),
            _VERSIONS[d.versions],
            ", ".join(f"[{code(f'marts.{mart}')}](#marts{mart})" for mart in lineage.marts(d.name)),
        )
        for d in all_datasets().values()
    ]
    return table(("Dataset", "Files", "New content under a known path", "Marts"), rows)


def _dataset(dataset: Dataset) -> Iterator[str]:
    yield f"## `{dataset.name}`\n"
    yield f"{dataset.description}\n"
    yield f"Files land in `landing/{dataset.folder}/`. Staging: `staging.{dataset.name}`.\n"
    if dataset.mirror:
        yield "The folder is mirrored: when a file is gone, its rows are removed.\n"
    if dataset.expected_every:
        yield f"A file is expected every {span(dataset.expected_every)}.\n"
    rows = [
        (code(column.name), column.sql_type, "" if column.required else "yes", _field(column))
        for column in dataset.columns
    ]
    yield table(("Column", "Type", "May be empty", "A field is"), rows)
    if dataset.expectations:
        checks = [(code(e.column), e.reason or e.type) for e in dataset.expectations]
        yield "A record is refused when one of these checks fails:\n"
        yield table(("Column", "Reason"), checks)


def _field(column: Any) -> str:
    return f"computed from `{column.source}`" if isinstance(column, Derived) else column.noun


def _marts() -> Iterator[str]:
    yield "## Marts\n"
    for path in sorted(path for path in project.models() if project.is_mart(path)):
        model = contracts.model(path)
        yield f"### `marts.{path.stem}`\n"
        yield f"{_text(model['description'])}\n"
        rows = [
            (code(c["name"]), c["data_type"], _text(c["description"])) for c in model["columns"]
        ]
        yield table(("Column", "Type", "Meaning"), rows)


def _functions() -> Iterator[str]:
    yield "## SQL functions\n"
    for place in sorted((PROJECT / "functions").glob("*.yml")):
        for function in yaml.safe_load(place.read_text())["functions"]:
            names = ", ".join(argument["name"] for argument in function["arguments"])
            yield f"### `marts.{function['name']}({names})`\n"
            yield f"{' '.join(function['description'].split())}\n"
            rows = [
                (code(a["name"]), a["data_type"], code(a.get("default_value")), a["description"])
                for a in function["arguments"]
            ]
            yield table(("Argument", "Type", "Default", "Meaning"), rows)
            yield f"Returns {code(function['returns']['data_type'])}.\n"


def _text(description: str) -> str:
    return " ".join(contracts.description(description).split())

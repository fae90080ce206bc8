"""The contracts of models, and how the relations in the warehouse differ from them.

Contracts are read from the `.yml` beside each model, because importing dbt takes seconds.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from psycopg import Connection

from penstock.declare.outside import PROJECT
from penstock.errors import PenstockError
from penstock.marts.project import is_mart

_REFERENCE = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")
_BLOCK = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)

_DAMAGES = """
WITH contract AS (
    SELECT * FROM unnest(%(relations)s::text[], %(columns)s::text[], %(types)s::text[])
        AS c (relation, name, type)
), found AS (
    SELECT c.relation, a.attname AS name, a.atttypid AS type
    FROM (SELECT DISTINCT relation FROM contract) AS c
    JOIN pg_attribute a ON a.attrelid = to_regclass(c.relation)
                       AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT relation || ' is missing' FROM unnest(%(all)s::text[]) AS a (relation)
WHERE to_regclass(relation) IS NULL
UNION ALL
SELECT format('%%s: column %%s is ', relation, name) || CASE
    WHEN found.type IS NULL THEN 'missing' WHEN contract.type IS NULL THEN 'not in its contract'
    ELSE format('of type %%s, not %%s', found.type::regtype, contract.type) END
FROM contract FULL JOIN found USING (relation, name)
WHERE to_regtype(contract.type)::oid IS DISTINCT FROM found.type
  AND to_regclass(relation) IS NOT NULL
ORDER BY 1
"""


def model(sql: Path) -> dict[str, Any]:
    """The properties of a model, from the `.yml` beside its SQL.

    Raises:
        PenstockError: the file cannot be read, or does not name the model.
    """
    beside = sql.with_suffix(".yml")
    try:
        (found,) = [m for m in _declared(beside)["models"] if m["name"] == sql.stem]
        return dict(found)
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise PenstockError(f"{beside}: expected the properties of {sql.stem}: {error}") from error


def description(declared: str) -> str:
    """Resolve references such as `{{ doc('file_id') }}` in a description from a `.yml`.

    Raises:
        KeyError: no such block.
    """
    return _REFERENCE.sub(lambda found: _blocks()[found[1]], declared).strip()


def relation(sql: Path) -> str:
    """The name of a model's relation in the warehouse, with its schema."""
    return f"{'marts' if is_mart(sql) else 'stg'}.{sql.stem}"


def lasting(sql: Path) -> list[str]:
    """The columns of a model that only a build changes, unlike an age, which changes with time."""
    return [
        column["name"]
        for column in model(sql)["columns"]
        if not column.get("config", {}).get("meta", {}).get("volatile")
    ]


def damages(connection: Connection, models: Iterable[Path]) -> list[str]:
    """One line for each relation or column that is missing or differs from its contract."""
    paths = list(models)
    columns = [
        (relation(path), column["name"], column["data_type"])
        for path in paths
        if is_mart(path)
        for column in model(path)["columns"]
    ]
    asked = {
        "all": [relation(path) for path in paths],
        "relations": [of for of, _, _ in columns],
        "columns": [name for _, name, _ in columns],
        "types": [data_type for _, _, data_type in columns],
    }
    return [line for (line,) in connection.execute(_DAMAGES, asked).fetchall()]


@cache
def _declared(path: Path) -> dict[str, Any]:
    return dict(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))


@cache
def _blocks() -> dict[str, str]:
    """The `{% docs %}` blocks of the project, by name."""
    pages = (PROJECT / "models" / "docs").glob("*.md")
    found = (block for page in pages for block in _BLOCK.findall(page.read_text()))
    return {name: text.strip() for name, text in found}

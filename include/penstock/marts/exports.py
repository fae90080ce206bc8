"""Export marts as CSV: each model with `export: <path>` in its `meta`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import Connection, sql

from penstock.files.atomic import atomic_write
from penstock.settings import settings
from penstock.settings.home import share


def write(connection: Connection, models: Iterable[Any]) -> list[Path]:
    """Export those of dbt's `models` that declare it, below `<home>/exports`; returns the paths.

    The files are RFC 4180 with a header, in UTF-8, with rows in the order of the model. They are
    replaced atomically.
    """
    return [
        _write(connection, sql.Identifier(model.schema, model.alias), model.config.meta["export"])
        for model in models
        if "export" in model.config.meta
    ]


def _write(connection: Connection, relation: sql.Identifier, name: str) -> Path:
    target = settings().home / "exports" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    for folder in (settings().home / "exports", target.parent):
        share(folder)
    query = sql.SQL("COPY (TABLE {}) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')")
    with atomic_write(target, sync=True) as draft:
        with (
            draft.open("wb") as file,
            connection.cursor() as cursor,
            cursor.copy(query.format(relation)) as copy,
        ):
            for chunk in copy:
                file.write(chunk)
        share(draft)
    return target

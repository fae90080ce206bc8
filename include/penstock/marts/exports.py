"""Marts that are files too: a model whose `meta` says `export: <path>` is written there as CSV."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import Connection, sql

from penstock.files.atomic import atomic_write
from penstock.settings import settings
from penstock.settings.home import share


def write(connection: Connection, models: Iterable[Any]) -> list[Path]:
    """Write those of dbt's `models` that are to be exported, each below `<home>/exports`.

    RFC 4180 with a header, in UTF-8, rows in the order of the model. A reader finds the old file or
    the new one, never a part.
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

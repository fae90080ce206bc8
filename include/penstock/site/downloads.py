"""Answers with the rows of a query as a CSV file that no spreadsheet executes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from fastapi import Path
from starlette.responses import StreamingResponse

from penstock.api.answers import csv_file
from penstock.api.database import Database, Params, Query
from penstock.api.errors import not_found

T = TypeVar("T")

OneOf = Annotated[str, Path(max_length=40)]
"""The name of one of the files that a page offers; `find` looks it up."""


def find(offered: Mapping[str, T], name: str) -> T:
    """Return what is offered under `name`.

    Raises:
        ApiError: 404, there is no such file.
    """
    if name not in offered:
        raise not_found(f"file {name}.csv")
    return offered[name]


def csv(
    database: Database, query: Query, params: Params, columns: Sequence[str], name: str
) -> StreamingResponse:
    """Stream all rows of a query, with these columns, to save under `name`."""
    return csv_file(database.stream(query, params), columns, name, raw=False)

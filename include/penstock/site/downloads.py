"""Answers with the rows of a query as a CSV file that no spreadsheet executes."""

from collections.abc import Sequence

from starlette.responses import StreamingResponse

from penstock.api.answers import csv_file
from penstock.api.database import Database, Params, Query


def csv(
    database: Database, query: Query, params: Params, columns: Sequence[str], name: str
) -> StreamingResponse:
    """Stream all rows of a query, with these columns, to save under `name`."""
    return csv_file(database.stream(query, params), columns, name, raw=False)

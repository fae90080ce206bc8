"""The page that every dataset has by itself, made from its declaration and its marts."""

from typing import Annotated, Any

from fastapi import Query, Request
from psycopg import sql
from starlette.responses import Response

from penstock import datasets
from penstock.api.database import Database, Row
from penstock.api.errors import invalid, not_found
from penstock.api.services import Provided
from penstock.declare.dataset import Dataset
from penstock.marts import lineage
from penstock.site import catalog, downloads
from penstock.site.catalog import Column, Mart
from penstock.site.rendering import is_partial, render
from penstock.site.routing import pages
from penstock.site.timelines import continuous

router = pages()

Name = Annotated[str | None, Query(max_length=63)]
Value = Annotated[str | None, Query(max_length=1000)]

_ROWS = 50
_MOST_PAGES = 20
_BARS = 120
_SAMPLE = 10_000  # rows of a large mart that its chart is drawn from
_HISTOGRAM = sql.SQL("""
WITH found AS (
    SELECT ({time})::timestamptz AS time FROM {rows} WHERE isfinite({time})
), bar AS (
    SELECT min(time) AS first,
        1 + floor(extract(epoch FROM max(time) - min(time)) / %(bars)s)::bigint AS seconds
    FROM found
)
SELECT date_bin(seconds * interval '1 second', time, first) AS begins_at, seconds, count(*) AS rows
FROM found CROSS JOIN bar GROUP BY begins_at, seconds ORDER BY begins_at
""")


@router.get("/datasets")
async def every(request: Request) -> Response:
    """List the datasets, each with its marts."""
    known = datasets.all_datasets().values()
    found = [(dataset, _marts(dataset)) for dataset in known]
    return render(request, "datasets.html", datasets=found, broken=lineage.broken())


@router.get("/datasets/{name}")
async def one(
    request: Request,
    services: Provided,
    name: str,
    mart: Name = None,
    column: Name = None,
    value: Value = None,
    page: Annotated[int, Query(ge=1, le=_MOST_PAGES)] = 1,
) -> Response:
    """Show a dataset: what its columns mean, its rows over time, and its rows."""
    dataset = _dataset(name)
    shown = await _shown(services.database, dataset, mart)
    filters = {"mart": mart, "column": column, "value": value}
    values: dict[str, Any] = {"rows": [], "over_time": continuous([], "rows"), "count": 0}
    if shown:
        values["rows"] = await _rows(services.database, shown, column, value, page)
    if shown and not is_partial(request):  # which shows rows only
        values["over_time"] = continuous(await _histogram(services.database, shown), "rows")
        values["count"] = await _count(services.database, shown)
    return render(
        request,
        "dataset.html",
        dataset=dataset,
        marts=_marts(dataset),
        mart=shown,
        is_sample=shown is not None and not shown.is_small,
        page=page,
        more=len(values["rows"]) > _ROWS,
        most=_ROWS * _MOST_PAGES,
        filters=filters,
        **values | {"rows": values["rows"][:_ROWS]},
    )


@router.get("/datasets/{name}/rows.csv")
async def download(
    services: Provided, name: str, mart: Name = None, column: Name = None, value: Value = None
) -> Response:
    """Return the rows of a mart of the dataset as CSV."""
    shown = await _shown(services.database, _dataset(name), mart)
    if shown is None:
        raise not_found(f"mart of {name}; it is built with the first file")
    query = sql.SQL("SELECT * FROM {} WHERE {}").format(
        shown.identifier, _condition(shown, column, value)
    )
    columns = [each.name for each in shown.columns]
    return downloads.csv(services.database, query, {"value": value}, columns, f"{shown.name}.csv")


def _dataset(name: str) -> Dataset:
    known = datasets.all_datasets()
    if name not in known:
        raise not_found(f"dataset {name!r}; there are {', '.join(known)}")
    return known[name]


def _marts(dataset: Dataset) -> list[str]:
    """Return the names of the marts of a dataset, the one with its rows first."""
    first = (lineage.mart_of_rows(dataset.name)[0] or "").partition(".")[2]
    return sorted(lineage.marts(dataset.name), key=lambda mart: (mart != first, mart))


async def _shown(database: Database, dataset: Dataset, name: str | None) -> Mart | None:
    marts = _marts(dataset)
    if name is not None and name not in marts:
        raise invalid("query.mart", f"expected one of {', '.join(marts)}")
    return await catalog.find(database, name or marts[0]) if marts else None


async def _rows(
    database: Database, mart: Mart, column: str | None, value: str | None, page: int
) -> list[Row]:
    newest = any(c.name == "load_seq" and c.is_indexed for c in mart.columns)
    query = sql.SQL("SELECT * FROM {} WHERE {} {} LIMIT %(limit)s OFFSET %(offset)s").format(
        mart.identifier,
        _condition(mart, column, value),
        sql.SQL("ORDER BY load_seq DESC" if newest else ""),
    )
    limits = {"limit": _ROWS + 1, "offset": _ROWS * (page - 1)}
    return await database.rows(query, {"value": value, **limits})


def _condition(mart: Mart, column: str | None, value: str | None) -> sql.Composable:
    if value is None:
        return sql.SQL("true")
    known: Column | None = mart.column(column)
    if known is None:
        names = ", ".join(each.name for each in mart.filters)
        raise invalid("query.column", f"expected one of {names}")
    return sql.SQL("{} = CAST(%(value)s AS {})").format(
        sql.Identifier(known.name),
        sql.SQL(known.type),  # as Postgres spells it
    )


async def _histogram(database: Database, mart: Mart) -> list[Row]:
    """Return the rows over time; of a large mart, of a sample."""
    time = mart.time_column
    if time is None:
        return []
    rows: sql.Composable = mart.identifier
    if mart.is_table and not mart.is_small:
        percent = sql.Literal(min(100.0, 100 * _SAMPLE / max(mart.estimate, 1)))
        rows = sql.SQL("{} TABLESAMPLE SYSTEM ({})").format(rows, percent)
    elif not mart.is_table:
        rows = sql.SQL("(SELECT * FROM {} LIMIT {}) AS first_rows").format(rows, _SAMPLE)
    query = _HISTOGRAM.format(time=sql.Identifier(time.name), rows=rows)
    return await database.rows(query, {"bars": _BARS})


async def _count(database: Database, mart: Mart) -> int | None:
    """Return the number of rows: estimated for a large mart, None for a view."""
    if not mart.is_small:
        return mart.estimate if mart.is_table else None
    query = sql.SQL("SELECT count(*) AS rows FROM {}").format(mart.identifier)
    row = await database.row(query)
    return int(row["rows"]) if row else 0

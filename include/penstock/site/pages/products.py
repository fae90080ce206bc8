"""The pages of products: search, one product with its history, names, load times."""

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from penstock import ledger
from penstock.api import paging
from penstock.api.errors import not_found
from penstock.api.routers import products
from penstock.api.services import Provided
from penstock.site import downloads
from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages()

Search = Annotated[str | None, Query(max_length=200)]

_PAGE = 10
_TOP = 15
_MOST_FILES = 20
_TOP_NAMES = """
SELECT name, product_count, rows_received FROM marts.product_top_names
ORDER BY product_count DESC, name LIMIT %s
"""
_TOTALS = "SELECT products, names, rows_received FROM marts.product_totals"
_ALL = "SELECT sku, name, description, file_id, row, received_at FROM marts.products ORDER BY sku"
_CSV = ("sku", "name", "description", "file_id", "row", "received_at")


@router.get("/products")
async def show(
    request: Request, services: Provided, search: Search = None, cursor: paging.Cursor = None
) -> Response:
    """Show products by sku, those that match a search, and what most of them are called."""
    database = services.database
    page = await products.page_of(database, search, _PAGE, cursor)
    return render(
        request,
        "products.html",
        page=page,
        search=search,
        paged=cursor is not None,
        names=await database.rows(_TOP_NAMES, [_TOP]),
        totals=await database.row(_TOTALS),
        most_files=_MOST_FILES,
        loads=await database.rows(*ledger.load_times("products", _MOST_FILES)),
    )


@router.get("/products.csv")
async def download(services: Provided) -> Response:
    """Return all products as CSV."""
    return downloads.csv(services.database, _ALL, None, _CSV, "products.csv")


@router.get("/products/{sku:path}")
async def one(request: Request, services: Provided, sku: str) -> Response:
    """Show a product with its earlier versions."""
    product = await products.find(services.database, sku)
    history = await services.database.rows(products.HISTORY, [sku])
    if product is None and not history:
        raise not_found(f"product {sku!r}")
    return render(request, "product.html", sku=sku, product=product, history=history)

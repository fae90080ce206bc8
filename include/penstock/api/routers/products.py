"""Routes of products: list, history, aggregates, changes.

A change lands as a file like any other, so each has a file and a row in the ledger.
"""

import asyncio
import csv
import io
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field

from penstock.api import paging
from penstock.api.answers import Json
from penstock.api.auth import needs
from penstock.api.database import Database, Row
from penstock.api.errors import not_found, responses
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.api.storing import storing
from penstock.datasets.products import products
from penstock.intake.uploads import Incoming

router = Router(tags=["products"])
_READ = [needs(Scope.READ)]

Sku = Annotated[
    str, Path(min_length=1, max_length=120, pattern=r"\S", examples=["lay-raise-best-end"])
]


class Product(BaseModel):
    """The newest version of a product, with its file and row."""

    sku: str = Field(examples=["lay-raise-best-end"])
    name: str = Field(examples=["Bryce Jones"])
    description: str
    file_id: int = Field(examples=[1])
    row: int = Field(examples=[41])
    received_at: datetime


class Products(BaseModel):
    """A page of products, by sku."""

    items: list[Product]
    next: str | None = Field(description="The next page's cursor; null on the last page.")


class Replaced(BaseModel):
    """An earlier version of a product, or its deletion."""

    name: str = Field(examples=["Bryce Jones"])
    description: str
    deleted: bool = Field(description="Whether this version is the deletion.")
    file_id: int = Field(examples=[1])
    row: int = Field(examples=[41])
    received_at: datetime
    replaced_at: datetime | None = Field(description="Null while a deletion is the newest version.")


class Aggregate(BaseModel):
    """A name and its number of products."""

    name: str = Field(examples=["Bryce Jones"])
    product_count: int = Field(examples=[12])


class NewProduct(BaseModel):
    """The new values of a product."""

    name: str = Field(min_length=1, max_length=420, pattern=r"\S", examples=["Bryce Jones"])
    description: str = Field("", max_length=100_000)


class Landed(BaseModel):
    """A change that has landed. `GET /uploads/{upload_id}` tells when the marts show it."""

    upload_id: str = Field(examples=["0f3b6c1e9d2a4b5c8e7f60718293a4b5"])


_PRODUCT = "SELECT sku, name, description, file_id, row, received_at FROM marts.products "
_LIST = f"{_PRODUCT} WHERE sku > %(after)s ORDER BY sku LIMIT %(limit)s"
SEARCH = """
SELECT sku, name, description, file_id, row, received_at
FROM marts.product_search(%(search)s, %(after)s, %(limit)s) ORDER BY sku
"""
HISTORY = """
SELECT name, description, deleted, file_id, row, received_at, replaced_at
FROM marts.product_history
WHERE sku = %s ORDER BY received_at DESC, file_id DESC, row DESC LIMIT 1000
"""
_AGGREGATES = """
SELECT name, product_count FROM marts.product_aggregates
WHERE product_count > 0 ORDER BY product_count DESC, name LIMIT %s
"""


_ALL_DELETED = "SELECT name, sku, '', 'true' FROM marts.products ORDER BY sku"
_HEADER = ("name", "sku", "description", "deleted")


@router.get("/products", response_model=Products, dependencies=_READ)
async def list_products(
    services: Provided,
    search: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Words of the name or sku, or beginnings of words. All must be there.",
            examples=["raise"],
        ),
    ] = None,
    limit: paging.Limit = 10,
    cursor: paging.Cursor = None,
) -> Json:
    """List products by sku, in pages."""
    return Json(await page_of(services.database, search, limit, cursor))


@router.get("/products/{sku}", response_model=Product, responses=responses(404), dependencies=_READ)
async def one_product(services: Provided, sku: Sku) -> Json:
    """Return a product."""
    product = await find(services.database, sku)
    if product is None:
        raise not_found(f"product {sku!r}")
    return Json(product)


@router.get("/products/{sku}/history", response_model=list[Replaced], dependencies=_READ)
async def product_history(services: Provided, sku: Sku) -> Json:
    """List earlier versions of a product, the newest first, 1,000 at most."""
    return Json(await services.database.rows(HISTORY, [sku]))


@router.get("/product-aggregates", response_model=list[Aggregate], dependencies=_READ)
async def product_aggregates(
    request: Request,
    services: Provided,
    top: Annotated[int, Query(ge=1, le=1000, description="How many names.")] = 15,
) -> Response:
    """List the names with the most products."""
    return await services.cache.answer(
        request, ("products",), lambda: services.database.rows(_AGGREGATES, [top])
    )


_WRITES: dict[str, Any] = {"status_code": 202, "dependencies": [needs(Scope.UPLOAD)]}


@router.put("/products/{sku}", responses=responses(409, 413, 507), **_WRITES)
async def put_product(
    request: Request, response: Response, sku: Sku, product: NewProduct
) -> Landed:
    """Create or update a product: a file of one row lands, and is loaded like any other."""
    row = (product.name, sku, product.description, "")
    return await _land(_rows(row), request, response)


@router.delete("/products/{sku}", responses=responses(404, 409, 413, 507), **_WRITES)
async def delete_product(
    request: Request, response: Response, services: Provided, sku: Sku
) -> Landed:
    """Delete a product: a file with its deletion lands. Its history stays."""
    product = await find(services.database, sku)
    if product is None:
        raise not_found(f"product {sku!r}")
    return await _land(_rows((product["name"], sku, "", "true")), request, response)


@router.delete("/products", responses=responses(409, 413, 507), **_WRITES)
async def delete_all_products(
    request: Request,
    response: Response,
    services: Provided,
    all: Annotated[  # noqa: A002, ARG001 - a caller must say it
        Literal["true"], Query(description="Required, so that a forgotten sku deletes nothing.")
    ],
) -> Landed:
    """Delete every product of this moment: a file with a row for each lands."""

    async def stream() -> AsyncIterator[bytes]:
        yield _csv(_HEADER)
        async for part in services.database.copy(_ALL_DELETED):
            yield part

    return await _land(stream(), request, response)


async def page_of(
    database: Database, search: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of products, in the shape of `Products`.

    Raises:
        ApiError: 422, the cursor is invalid.
    """
    (after,) = paging.after(cursor, str) or ("",)
    asked = {"after": after, "search": search, "limit": limit + 1}
    return paging.page(await database.rows(SEARCH if search else _LIST, asked), limit, "sku")


async def find(database: Database, sku: str) -> Row | None:
    """Return a product in the shape of `Product`; None if there is none."""
    return await database.row(_PRODUCT + "WHERE sku = %s", [sku])


def _csv(row: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue().encode()


async def _rows(*rows: tuple[str, ...]) -> AsyncIterator[bytes]:
    for row in (_HEADER, *rows):
        yield _csv(row)


async def _land(content: AsyncIterator[bytes], request: Request, response: Response) -> Landed:
    # Files load in the order of their names, so the last change of a product wins.
    name = f"api/{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.csv"
    with storing():
        incoming = await asyncio.to_thread(Incoming, checked=False)
        try:
            await incoming.write(content)
            upload = await asyncio.to_thread(incoming.land, products, name)
        finally:
            await asyncio.to_thread(incoming.discard)
    response.headers["Location"] = f"{request.scope['root_path']}/uploads/{upload.upload_id}"
    return Landed(upload_id=upload.upload_id)

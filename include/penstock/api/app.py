"""Creates the FastAPI app of the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi

from penstock.api import errors
from penstock.api.answers import Json
from penstock.api.auth import Host, needs
from penstock.api.errors import Problem
from penstock.api.keys import Scope
from penstock.api.middleware import Guarded
from penstock.api.proxies import FairTurns
from penstock.api.routers import (
    access_log,
    actions,
    approvals,
    articles,
    chains,
    compat,
    events,
    files,
    health,
    loads,
    people,
    products,
    uploads,
    vote_plots,
    votes,
)
from penstock.api.routing import Router, other_method
from penstock.api.services import Services
from penstock.settings import settings

_ROUTERS = (
    votes.router,  # first: routes are matched in order, and most requests are votes
    events.router,
    products.router,
    access_log.router,
    articles.router,
    chains.router,
    people.router,
    vote_plots.router,
    uploads.router,
    loads.router,
    approvals.router,
    actions.router,
    files.router,
    health.router,
    compat.router,
)
_COMMON = (400, 401, 403, 408, 413, 422, 429, 500, 503)  # errors of any guarded route
_OPEN = {"/health/live", "/health/ready", "/hello_world"}

_meta = Router(tags=["about"], dependencies=[needs(Scope.READ)])


def create_app(host: Host | None = None) -> FastAPI:
    """Create the app. `host` authenticates callers; without one, their API keys do."""
    services = Services(host)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await services.start()
        yield
        await services.stop()

    # FastAPI's documentation pages would load external scripts and need no key.
    app = FastAPI(
        title="Penstock",
        version=version("penstock"),
        summary="Query the marts, upload files, cast votes.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.services = services
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    errors.install(app)
    app.add_exception_handler(405, other_method)
    for router in (_meta, *_ROUTERS):
        app.include_router(router)
    if settings().api_proxies:
        app.add_middleware(FairTurns)
    app.add_middleware(Guarded, services=services)
    return app


@_meta.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Json:
    """Return the OpenAPI document: all routes, parameters and responses."""
    app: FastAPI = request.app
    return Json(app.openapi())


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return FastAPI's document, with the common error responses added to every route."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_problem_schemas())
        for path, operations in document["paths"].items():
            for operation in operations.values():
                answers = operation["responses"]
                if path not in _OPEN:
                    common = errors.responses(*_COMMON)
                    answers.update({str(status): told for status, told in common.items()})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}

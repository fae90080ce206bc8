"""Formats every error as RFC 9457 problem details (`application/problem+json`)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as FrameworkError
from starlette.responses import Response
from starlette.types import Scope

from penstock.errors import HostFault

PAGES = "/ui"
"""The path of the pages."""
MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5  # how long a client should wait for a warehouse that does not answer


class Fault(BaseModel):
    """One thing that was wrong with a request."""

    where: str = Field(examples=["query.from"])
    message: str = Field(examples=["Input should be a valid datetime"])


class Problem(BaseModel):
    """What every answer of 400 and above holds."""

    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["query.from: Input should be a valid datetime"])
    errors: list[Fault] = []
    request_id: str | None = Field(None, description="Also in the server's log.")


class ApiError(HTTPException):
    """Ends a request with `status`. `detail` tells the caller what is wrong and what to do."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Fault] = (),
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.errors = errors


def not_found(what: str) -> ApiError:
    """Return a 404 that names the requested object."""
    return ApiError(404, f"No such {what}")


def invalid(where: str, message: str) -> ApiError:
    """Return a 422, in the same form as the validation of parameters."""
    return ApiError(422, f"{where}: {message}", errors=[Fault(where=where, message=message)])


def away() -> ApiError:
    """Return a 503: the warehouse does not answer."""
    return ApiError(
        503,
        f"the warehouse does not answer; try again in {RETRY_SECONDS} s",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route: `@router.get(..., responses=responses(404))`."""
    return {status: _documented(status) for status in statuses}


def problem(
    status: int,
    detail: str,
    request_id: str | None,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Fault] = (),
) -> Response:
    """Build the response for an error."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=list(errors),
        request_id=request_id,
    )
    content = msgspec.json.encode(body.model_dump())
    return Response(content, status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Register the error handlers of `app`. `middleware` handles unexpected errors."""

    @app.exception_handler(ApiError)
    async def _ours(request: Request, error: ApiError) -> Response:
        return answer(request, error)

    @app.exception_handler(FrameworkError)
    async def _framework(request: Request, error: FrameworkError) -> Response:
        text = f"No such path: {request.url.path}" if error.status_code == 404 else error.detail
        return answer(request, ApiError(error.status_code, text, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> Response:
        faults = [_fault(found) for found in error.errors()]
        text = "; ".join(f"{fault.where}: {fault.message}" for fault in faults)
        return answer(request, ApiError(422, text, errors=faults))

    @app.exception_handler(HostFault)
    async def _host(request: Request, error: HostFault) -> Response:
        return answer(request, ApiError(503, str(error)))

    @app.exception_handler(psycopg.DataError)
    async def _unfit(request: Request, error: psycopg.Error) -> Response:
        return answer(request, ApiError(422, f"value out of range for the column: {error}"))

    @app.exception_handler(psycopg.errors.QueryCanceled)
    async def _slow(request: Request, _: psycopg.Error) -> Response:
        text = "the query took too long and was stopped; ask for less"
        return answer(request, ApiError(503, text, headers={"Retry-After": str(RETRY_SECONDS)}))

    @app.exception_handler(psycopg.errors.UndefinedColumn)
    async def _outdated(request: Request, _: psycopg.Error) -> Response:
        text = "the mart is of an earlier version until its next build"
        return answer(request, ApiError(503, text, headers={"Retry-After": str(RETRY_SECONDS)}))

    @app.exception_handler(psycopg.OperationalError)
    @app.exception_handler(psycopg.InterfaceError)
    @app.exception_handler(PoolTimeout)
    async def _away(request: Request, _: psycopg.Error) -> Response:
        return answer(request, away())


def answer(request: Request, error: ApiError) -> Response:
    """Build the response for `error`: problem details, or a page where a person asked for one."""
    as_page = getattr(request.app.state, "error_page", None)
    if as_page and is_page(request.scope):
        page: Response = as_page(request, error)
        return page
    request_id = getattr(request.state, "request_id", None)
    return problem(error.status_code, error.detail, request_id, error.headers, error.errors)


def is_page(scope: Scope) -> bool:
    """Whether a page is asked for, not the API."""
    path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
    return path == PAGES or path.startswith(f"{PAGES}/")


def _fault(found: Mapping[str, Any]) -> Fault:
    where = ".".join(str(part) for part in found["loc"])
    return Fault(where=where, message=found["msg"])


def _documented(status: int) -> dict[str, Any]:
    shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: shape}}

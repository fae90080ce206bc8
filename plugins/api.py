"""The API inside Airflow's API server, at /penstock, for whoever may use Airflow."""

from typing import TYPE_CHECKING

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.types import Receive, Scope, Send

    from penstock.api.auth import Caller


async def identify(request: "Request") -> "Caller":
    """The user of Airflow, by token or by the cookie of the web UI.

    Who may see Dags may read; who may trigger them may upload, vote and ask for a load.

    Raises:
        ApiError: 401, it is nobody that Airflow knows.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
    from fastapi import HTTPException
    from starlette.concurrency import run_in_threadpool

    from penstock.api.auth import Caller
    from penstock.api.errors import ApiError
    from penstock.api.keys import Scope

    try:
        user = await get_user(request, None, await bearer_scheme(request))
    except HTTPException as error:
        headers = {"WWW-Authenticate": "Bearer"}
        raise ApiError(401, f"log in to Airflow first: {error.detail}", headers=headers) from None
    allowed = get_auth_manager().is_authorized_dag
    scopes: set[str] = set()
    if await run_in_threadpool(allowed, method="GET", user=user):
        scopes |= {Scope.READ, Scope.METRICS}
    run = DagAccessEntity.RUN
    if await run_in_threadpool(allowed, method="POST", access_entity=run, user=user):
        scopes |= {Scope.UPLOAD, Scope.VOTE, Scope.PROCESS}
    return Caller(user.get_name(), frozenset(scopes))


class Mounted:
    """Made by its first request: Airflow's other components import this too, and serve nothing."""

    _app: "FastAPI | None" = None

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request."""
        if self._app is None:
            from penstock.api.app import create_app

            self._app = create_app(identify)
        await self._app(scope, receive, send)


class PenstockApi(AirflowPlugin):
    """What Airflow looks for."""

    name = "penstock_api"
    fastapi_apps = [  # noqa: RUF012 - as AirflowPlugin declares it
        {"app": Mounted(), "url_prefix": "/penstock", "name": "Penstock"}
    ]

"""Mounts the API and the pages in Airflow's API server at /penstock, for users of Airflow."""

from typing import TYPE_CHECKING

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.types import Receive, Scope, Send

    from penstock.api.auth import Caller


async def identify(request: "Request") -> "Caller":
    """Return the Airflow user of a request, by token or by the web UI's cookie.

    Users who may see DAGs get the scopes read and metrics; users who may trigger DAGs also get
    upload, vote, process and operate.

    Raises:
        ApiError: 401, Airflow does not accept the token or cookie.
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
        scopes |= {Scope.UPLOAD, Scope.VOTE, Scope.PROCESS, Scope.OPERATE}
    return Caller(user.get_name(), frozenset(scopes))


def login_url(wanted: str) -> str:
    """Return where a person logs in to Airflow, to see the URL `wanted` then."""
    from airflow.api_fastapi.app import get_auth_manager

    return get_auth_manager().get_url_login(next_url=wanted)


class Mounted:
    """The mounted app, created by its first request: other Airflow components never serve it."""

    _app: "FastAPI | None" = None

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle a request."""
        if self._app is None:
            from penstock.api.auth import Host
            from penstock.server.app import create_app

            self._app = create_app(Host(identify, login_url))
        await self._app(scope, receive, send)


class PenstockApi(AirflowPlugin):
    """The plugin that Airflow registers."""

    name = "penstock_api"
    fastapi_apps = [  # noqa: RUF012 - as AirflowPlugin declares it
        {"app": Mounted(), "url_prefix": "/penstock", "name": "Penstock"}
    ]
    external_views = [  # noqa: RUF012 - as AirflowPlugin declares it
        {
            "name": "Penstock",
            "href": "/penstock/ui/",
            "url_route": "penstock",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]

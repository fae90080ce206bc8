"""Mounts the API and the pages in Airflow's API server at /penstock, for users of Airflow."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

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
        ApiError: 401, Airflow does not accept the token or cookie; 403, another site made the
            browser send the cookie.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
    from fastapi import HTTPException
    from starlette.concurrency import run_in_threadpool

    from penstock.api.auth import Caller
    from penstock.api.errors import ApiError
    from penstock.api.keys import Scope
    from penstock.site import csrf

    token = await bearer_scheme(request)
    if token is None and request.method not in ("GET", "HEAD"):
        csrf.check_origin(request)
    try:
        user = await get_user(request, None, token)
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
    """Return where a person logs in to Airflow, whatever checks the login, to see `wanted` then."""
    from airflow.api_fastapi.app import API_ROOT_PATH

    return f"{API_ROOT_PATH}api/v2/auth/login?{urlencode({'next': wanted})}"


def entry(name: str, path: str, route: str, **place: Any) -> dict[str, Any]:
    """Declare an entry of Airflow's navigation that shows the page at `path` in a frame.

    The addresses are relative to Airflow's own, which may have a path: [api] base_url says it.
    """
    icon = "penstock/ui/static/-/icon.svg"
    page = {"name": name, "href": f"penstock/ui{path}", "url_route": route, "destination": "nav"}
    return page | {"icon": icon} | place


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
        entry("Penstock", "/", "penstock", nav_top_level=True),
        entry("Penstock files", "/files", "penstock-files", category="browse"),
        entry("Penstock quarantine", "/quarantine", "penstock-quarantine", category="browse"),
        entry("Penstock docs", "/docs", "penstock-docs", category="docs"),
    ]

"""Creates the app of API and pages, for `penstock serve` and for Airflow's API server."""

from fastapi import FastAPI

from penstock import site
from penstock.api import app as api
from penstock.api.auth import Host


def create_app(host: Host | None = None) -> FastAPI:
    """Create the app. `host` is the app it is mounted in; without one, callers have API keys."""
    app = api.create_app(host)
    site.install(app)
    return app

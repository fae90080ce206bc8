"""The pages: what became of each file, what to mend, and the answers of the marts."""

from fastapi import FastAPI

from penstock.site import assets, fallback, login
from penstock.site.failures import as_page
from penstock.site.pages import routers


def install(app: FastAPI) -> None:
    """Add the pages to the app of the API, at /ui."""
    app.state.error_page = as_page
    ours = (fallback.start, assets.router, login.router, *routers())
    for router in (*ours, fallback.router):  # routes are matched in order
        app.include_router(router, include_in_schema=False)

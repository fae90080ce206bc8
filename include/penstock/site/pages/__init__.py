"""The pages, a module for each, with its `router`. `nav` lists those that the navigation shows."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from penstock.api.routing import Router


def routers() -> Iterator[Router]:
    """Yield the routers of all pages; `operators` of a page are routes that need more rights."""
    for found in iter_modules(__path__):
        page = import_module(f"{__name__}.{found.name}")
        yield page.router
        if hasattr(page, "operators"):
            yield page.operators

"""The pages, a module for each. `nav` lists those that the navigation shows."""

from penstock.site.pages import overview

ROUTERS = (overview.router,)

"""The pages, a module for each. `nav` lists those that the navigation shows."""

from penstock.site.pages import access_log, events, overview, votes

ROUTERS = (overview.router, events.router, votes.router, access_log.router)

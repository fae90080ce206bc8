"""The pages, a module for each. `nav` lists those that the navigation shows."""

from penstock.site.pages import (
    access_log,
    articles,
    chains,
    datasets,
    docs,
    events,
    overview,
    people,
    votes,
)

ROUTERS = (
    overview.router,
    events.router,
    votes.router,
    access_log.router,
    articles.router,
    chains.router,
    people.router,
    datasets.router,
    docs.router,
)

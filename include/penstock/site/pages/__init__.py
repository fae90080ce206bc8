"""The pages, a module for each. `nav` lists those that the navigation shows."""

from penstock.site.pages import (
    access_log,
    articles,
    chains,
    docs,
    downloads,
    events,
    file,
    file_actions,
    files,
    overview,
    people,
    votes,
)

ROUTERS = (
    overview.router,
    files.router,
    file.router,
    file_actions.router,
    downloads.router,
    downloads.operators,
    events.router,
    votes.router,
    access_log.router,
    articles.router,
    chains.router,
    people.router,
    docs.router,
)

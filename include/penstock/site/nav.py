"""The navigation: sections of pages, each with its title and its path below /ui."""

from typing import NamedTuple


class Link(NamedTuple):
    """An entry of the navigation; `scope`: who lacks it does not see the entry."""

    title: str
    path: str
    scope: str = "read"


SECTIONS: dict[str, tuple[Link, ...]] = {
    "Files": (
        Link("Overview", "/"),
        Link("Files", "/files"),
        Link("Quarantine", "/quarantine"),
        Link("Upload", "/upload", "upload"),
    ),
    "Answers": (
        Link("Events", "/events"),
        Link("Products", "/products"),
        Link("Votes", "/votes"),
        Link("Access log", "/access-log"),
        Link("Articles", "/articles"),
        Link("Chains", "/chains"),
        Link("People", "/people"),
        Link("More", "/datasets"),
    ),
    "Help": (Link("Docs", "/docs"),),
}

_ANSWERS = {
    "events": "/events",
    "products": "/products",
    "votes": "/votes",
    "access_log": "/access-log",
    "countries": "/access-log",
    "articles": "/articles",
    "clickstream": "/articles",
    "step_chains": "/chains",
    "people": "/people",
    "people_images": "/people",
}


def answers_of(dataset: str) -> str:
    """Return the path of the page that shows the marts of `dataset`."""
    return _ANSWERS.get(dataset, f"/datasets/{dataset}")

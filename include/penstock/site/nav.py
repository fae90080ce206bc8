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

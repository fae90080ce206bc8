"""Markdown from values."""

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->\n"


def page(title: str, introduction: str, *sections: str) -> str:
    """A whole page: the notice that it is generated, its title, an introduction, its sections."""
    parts = (NOTICE, f"# {title}\n", introduction.strip() + "\n", *filter(None, sections))
    return "\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty where there are no rows."""
    lines = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    if not lines:
        return ""
    return "\n".join((f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines, ""))


def cell(text: str) -> str:
    """Text as it may stand in a cell: on one line, without a bar that would end the cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """Text as code, or nothing for no text."""
    return f"`{text}`" if text not in (None, "") else ""

"""The documentation of Penstock: the Markdown files of the checkout, as parts of pages."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from penstock.settings.checkout import ROOT
from penstock.site import folders

FOLDER = ROOT / "docs"
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_MOST_FOUND = 20
_AROUND = 100  # characters around a word that was searched
Address = Callable[[str], str]
"""Returns the address of a path below the folder of the documentation."""


@dataclass(frozen=True)
class Entry:
    """An entry of the contents: a page with its path, or a heading without one."""

    title: str
    path: str | None
    depth: int


@dataclass(frozen=True)
class Found:
    """A page that has all the words of a search, and the text around the first."""

    title: str
    path: str
    before: str
    word: str
    after: str


def contents() -> list[Entry]:
    """The contents in the order of the navigation; empty where there is no documentation."""
    config = ROOT / "mkdocs.yml"
    if not FOLDER.is_dir() or not config.is_file():
        return []
    return list(_entries(_navigation(config, config.stat().st_mtime_ns), 0))


def page(path: str, address: Address) -> tuple[str, Markup] | None:
    """The title and the content of the page at `path`; None if there is none."""
    file = folders.find(FOLDER, path) if path.endswith(".md") else None
    if file is None:
        return None
    tokens = _parser().parse(_text(file))
    _link(tokens, path, address)
    _name_headings(tokens)
    title = next((t.content for t in tokens if t.type == "inline"), path)
    return title.replace("`", ""), Markup(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S704


def picture(path: str) -> Path | None:
    """The picture at `path`, which may be a link to elsewhere in the checkout; None without one."""
    if ".." in path.split("/") or not path.endswith((".svg", ".png")):
        return None
    return folders.find(ROOT, f"{FOLDER.name}/{path}")


def search(words: str) -> list[Found]:
    """The first 20 pages that have all `words`, those with a word in their title first."""
    wanted = words.lower().split()
    found = []
    for entry in contents():
        file = folders.find(FOLDER, entry.path) if entry.path and wanted else None
        text = _plain(_text(file)) if file else ""
        if file and all(word in text.lower() for word in wanted):
            found.append(_found(entry, text, wanted[0]))
    found.sort(key=lambda one: not any(word in one.title.lower() for word in wanted))
    return found[:_MOST_FOUND]


def _found(entry: Entry, text: str, word: str) -> Found:
    at = text.lower().index(word)
    end = at + len(word)
    before, after = text[max(0, at - _AROUND) : at], text[end : end + _AROUND]
    return Found(entry.title, entry.path or "", before, text[at:end], after)


def _entries(items: list[Any], depth: int) -> Iterator[Entry]:
    for item in items:
        # Each is a title with a path or with items; the first item may be a path alone.
        ((title, inside),) = item.items()
        if isinstance(inside, list):
            first = inside[0] if isinstance(inside[0], str) else None
            yield Entry(title, first, depth)
            yield from _entries(inside[1:] if first else inside, depth + 1)
        else:
            yield Entry(title, inside, depth)


@lru_cache(maxsize=1)
def _navigation(config: Path, _changed: int) -> list[Any]:
    navigation: list[Any] = yaml.safe_load(config.read_text())["nav"]
    return navigation


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _text(file: Path) -> str:
    return _COMMENT.sub("", file.read_text())


def _plain(text: str) -> str:
    """Markdown as text in one line, without the signs of links, tables and code."""
    linked = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[`*#|]|-{3,}", " ", linked).split())


def _link(tokens: list[Token], path: str, address: Address) -> None:
    """Make links and pictures lead to the addresses of what they name, relative to `path`."""
    for token in tokens:
        _link(token.children or [], path, address)
        for name in ("href", "src"):
            target = str(token.attrGet(name) or "")
            if target and not re.match(r"[a-z]+:|#|/", target):
                inside, sign, anchor = target.partition("#")
                known = normpath(join(dirname(path), inside))
                token.attrSet(name, address(known) + sign + anchor)


def _name_headings(tokens: list[Token]) -> None:
    """Give each heading the id that links to it have."""
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = re.sub(r"[^\w\s-]", "", inline.content.lower()).split()
            opening.attrSet("id", "-".join(words))

"""Make a page of Great Expectations work without a network and without scripts.

Its templates load style sheets, scripts and pictures from seven servers. The pages keep its markup,
and get all their styles from local files. So they need no relaxed Content-Security-Policy.
"""

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

STYLES = ("bootstrap.css", "great_expectations.css", "data_docs.css")
_REMOVED = ("script", "style", "footer")  # with all that is in it
_NOT_CLOSED = ("link", "img", "meta", "br", "input", "hr")
_Attributes = Sequence[tuple[str, str | None]]


def offline(html: str, static: str) -> str:
    """The page `html` with the style sheets in the folder `static`, and with no others."""
    page = _Page(static)
    page.feed(html)
    page.close()
    return "".join(page.text)


class _Page(HTMLParser):
    """Writes what it reads, except for what needs a network, a script or an inline style."""

    def __init__(self, static: str) -> None:
        super().__init__(convert_charrefs=False)
        self.text: list[str] = []
        self._static = static
        self._within: str | None = None  # the tag of the removed element that is open

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        given = dict(attrs)
        if self._within:
            return
        if tag in _REMOVED or given.get("data-toggle") == "collapse":
            self._within = tag
        elif tag == "img":
            self.text.append(escape(given.get("alt") or ""))
        elif tag != "link":
            kept = "".join(map(_attribute, filter(_is_kept, attrs)))
            self.text.append(f"<{tag}{kept}{_added(tag, given)}>")

    def handle_endtag(self, tag: str) -> None:
        if self._within:
            self._within = None if tag == self._within else self._within
            return
        if tag == "head":
            self.text += [f'<link rel="stylesheet" href="{self._static}/{s}">' for s in STYLES]
        if tag not in _NOT_CLOSED:
            self.text.append(f"</{tag}>")

    def handle_startendtag(self, tag: str, attrs: _Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def handle_decl(self, decl: str) -> None:
        self.text.append(f"<!{decl}>")

    def handle_data(self, data: str) -> None:
        self._write(data)

    def handle_entityref(self, name: str) -> None:
        self._write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._write(f"&#{name};")

    def _write(self, text: str) -> None:
        if not self._within:
            self.text.append(text)


def _is_kept(attribute: tuple[str, str | None]) -> bool:
    name, value = attribute
    leads_out = name == "href" and "//" in (value or "")
    return not leads_out and name != "style" and not name.startswith(("on", "data-"))


def _added(tag: str, given: dict[str, str | None]) -> str:
    """What a reader with a screen reader or a keyboard lacks."""
    if tag == "html":
        return ' lang="en"'
    scrolls = "table-responsive" in (given.get("class") or "").split()
    return ' tabindex="0"' if scrolls else ""


def _attribute(attribute: tuple[str, str | None]) -> str:
    name, value = attribute
    if value is None:
        return f" {name}"
    if name == "class":  # no script could open what is collapsed
        value = " ".join(each for each in value.split() if each != "collapse")
    return f' {name}="{escape(value)}"'

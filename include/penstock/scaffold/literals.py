"""Text of a sample, such as a header, as a literal of Python and YAML: never as their code."""

import json
import re

import yaml as reader

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_MOST = 80  # characters of a header that a description shows


def python(text: str) -> str:
    """A literal of Python, with the quotes that the formatter would choose."""
    literals = [quote + _escaped(text, quote) + quote for quote in "\"'"]
    return min(literals, key=len)


def yaml(text: str) -> str:
    """A scalar of YAML that is read as `text`. dbt renders it as a template: see `inert`."""
    if _WORD.fullmatch(text) and reader.safe_load(text) == text:  # not so: no, on, null, 1_000
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def inert(text: str) -> str:
    """`text` as a template that gives `text`: nothing in it is run."""
    return text.replace("{", "{{ '{' }}")


def code_span(text: str) -> str:
    """`text`, shortened, as code of Markdown on one line, so that nothing in it is markup."""
    short = text if len(text) <= _MOST else text[: _MOST - 1] + "…"
    return "`" + " ".join(short.replace("`", "'").split()) + "`"


def _escaped(text: str, quote: str) -> str:
    return "".join(
        f"\\{c}" if c in (quote, "\\") else c if c.isprintable() else repr(c)[1:-1] for c in text
    )

"""Parts of patterns for server logs; they allow unescaped quotes where possible."""

WORD = r'[^ "]+'
QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_RUN = r'[^"\\]*(?:\\.[^"\\]*)*'
PAIRED = rf'{_RUN}(?:"{_RUN}"{_RUN})*?\\?'
"""Text with paired quotes, so that it cannot extend over the next field."""
FIELD = rf'(?:[^ "\\]|\\.|{QUOTED})+'
"""A field between blanks; parts of it may be in quotes: `rt="a b"`."""


def text(stops: str = "") -> str:
    r"""Text up to the first quote, or character of `stops`, after which the rest matches.

    A `\"` ends the text only if nothing else matches: most servers escape the quotes in a request,
    but the oldest do not.
    """
    run = rf'[^{stops}"\\]*(?:\\.[^{stops}"\\]*)*'
    return rf'{run}(?:[{stops}"\\]{run})*?'


REQUEST = (
    rf"(?:(?P<method>[A-Z][A-Z_-]*) +(?P<path>{text(' ')})(?: +(?P<protocol>HTTP/{WORD}))? *"
    rf"|(?P<unparsed_request>{text()}))"
)
"""A request line; an unusual one becomes `unparsed_request`."""

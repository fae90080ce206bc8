"""Pieces of patterns for what servers write: each takes unescaped quotes where it can."""

WORD = r'[^ "]+'
QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_RUN = r'[^"\\]*(?:\\.[^"\\]*)*'
PAIRED = rf'{_RUN}(?:"{_RUN}"{_RUN})*?\\?'
"""Text whose quotes pair up: of a line cut short, it swallows no field that follows."""
FIELD = rf'(?:[^ "\\]|\\.|{QUOTED})+'
"""A field between blanks, of which parts may be in quotes: `rt="a b"`."""


def text(stops: str = "") -> str:
    r"""Up to the first quote, or character of `stops`, from which the rest of the line fits.

    A `\"` counts as such a quote only if nothing else fits: most servers escape the quotes in what
    they were sent, the oldest do not.
    """
    run = rf'[^{stops}"\\]*(?:\\.[^{stops}"\\]*)*'
    return rf'{run}(?:[{stops}"\\]{run})*?'


REQUEST = (
    rf"(?:(?P<method>[A-Z][A-Z_-]*) +(?P<path>{text(' ')})(?: +(?P<protocol>HTTP/{WORD}))? *"
    rf"|(?P<unparsed_request>{text()}))"
)
"""A request line; one of another form is `unparsed_request`."""

"""Access logs: one line a request, in NCSA's common or combined format."""

from penstock.columns import Derived, Integer, Text, Timestamp
from penstock.countries import country_of
from penstock.dataset import Dataset
from penstock.expectations import expect
from penstock.formats import Lines, Part

_WORD = r'[^ "]+'
_RUN = r'[^"\\]*(?:\\.[^"\\]*)*'
_UNQUOTED = rf"{_RUN}(?:\\{_RUN})*?"
_QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'


def _text(stops: str = "") -> str:
    r"""Up to the first quote, or character of `stops`, from which the rest of the line fits.

    A `\"` counts as such a quote only if nothing else fits: most servers escape the quotes in what
    they were sent, the oldest do not.
    """
    run = rf'[^{stops}"\\]*(?:\\.[^{stops}"\\]*)*'
    return rf'{run}(?:[{stops}"\\]{run})*?'


# Quotes in it pair up: of a line that is cut short, no field swallows those that follow it.
_PAIRED = rf'{_UNQUOTED}(?:"{_UNQUOTED}"{_UNQUOTED})*?'
_VIRTUAL_HOST = (
    r'(?P<virtual_host>(?:[^ ,:"\\]*|\[[^ \]]*\]):[0-9]+'
    r'|[^ ,:"\\]*[^ ,:"\\0-9.][^ ,:"\\]*)'  # without a port, it is no address
)
_HOST = r'(?P<host>[^ "\\]+(?:, [^ "\\]+)*)'
# No `- ` at its start: a virtual host is in front then, and this is the identity.
_USER = r"(?P<auth_user>-|[^-].*?|-[^ ].*?|)"
_REQUEST = (
    rf"(?:(?P<method>[A-Z][A-Z_-]*) +(?P<path>{_text(' ')})(?: +(?P<protocol>HTTP/{_WORD}))? *"
    rf"|(?P<unparsed_request>{_text()}))"
)
_FIELD = rf'(?:[^ "]|{_QUOTED})+'
_MORE = rf"(?:[ \t]+|[,;|] *)(?P<more_fields>{_FIELD}(?: +{_FIELD})*)"
# Behind a size, a field in quotes is the referrer, and never the first of others.
_MORE_OF_COMMON = rf' +(?P<more_fields__2>[^ "](?:[^ "]|{_QUOTED})*(?: +{_FIELD})*)'

_COMMON = (
    Part("a host", rf"(?:{_VIRTUAL_HOST} )??{_HOST}"),
    Part("a blank and the identity, mostly `-`", r" (?P<ident>[^ ]+)"),
    Part("a blank, the user or `-`, and ` [`", rf" {_USER} \["),
    Part("a time and `]`", r"(?P<requested_at>[^\]]*)\]"),
    Part('a blank and `"`', ' "'),
    Part('a request, `"`, a blank and a status', rf'{_REQUEST}" (?P<status>{_WORD})'),
    Part("a blank and a size or `-`", rf" (?P<size_bytes>{_WORD})"),
)
_COMBINED = (
    Part('a referrer in `"`, other fields or the end', rf' "(?P<referrer>{_PAIRED})"'),
    Part('a blank and a user agent in `"`', rf' "(?P<user_agent>{_PAIRED})"'),
    Part("fields whose quotes pair up, or the end", rf"(?:{_MORE})? *$"),
)
_FORMAT = Lines(
    pattern="".join(part.regex for part in _COMMON)
    + rf"(?:{_COMBINED[0].regex}{_COMBINED[1].regex}(?:{_MORE})?|{_MORE_OF_COMMON})? *",
    parts=(*_COMMON, *_COMBINED),
    escape_bytes=True,
)


def _optional(name: str) -> Text:
    return Text(name, required=False, null_values=("-",))


access_log = Dataset(
    name="access_log",
    description="Requests to web servers, as their access logs have them: a line a request.",
    files=dict.fromkeys(("*.log", "*.log.*", "*access_log*"), _FORMAT),
    columns=(
        _optional("virtual_host"),
        Text("host", max_length=255),
        Derived("country", source="host", function=country_of),
        _optional("ident"),
        Text("auth_user", required=False, null_values=("-", '""')),
        Timestamp("requested_at", form="clf"),
        Text("method", required=False),
        Text("path", required=False),
        Text("protocol", required=False),
        _optional("unparsed_request"),
        Integer("status", minimum=100, maximum=999),
        Integer("size_bytes", required=False, minimum=0, null_values=("-",)),
        _optional("referrer"),
        _optional("user_agent"),
        Text("more_fields", required=False),
        Integer("escaped_bytes", minimum=0),
    ),
    expectations=(
        expect.column_values_to_match_regex("country", "^[A-Z]{2}$", reason="not two letters"),
        expect.column_values_to_be_between(
            "requested_at",
            "1990-01-01T00:00:00Z",
            "2100-01-01T00:00:00Z",
            reason="not between 1990 and 2100",
        ),
    ),
    versions="replace",
)

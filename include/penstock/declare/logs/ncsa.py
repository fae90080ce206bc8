"""NCSA's common and combined log formats, with extra fields before and after them."""

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.formats import Lines, Part
from penstock.declare.logs.text import FIELD, PAIRED, QUOTED, REQUEST, WORD

_VIRTUAL_HOST = (
    r'(?P<virtual_host>(?:[^ ,:"\\]*|\[[^ \]]*\]):[0-9]+'
    r'|[^ ,:"\\]*[^ ,:"\\0-9.][^ ,:"\\]*)'  # without a port: not an IP address
)
_HOST = r'(?P<host>[^ "\\]+(?:, [^ "\\]+)*)'
# No word of a user is `-`: that would be a field before the host.
_WORD_OF_USER = "(?:[^ -][^ ]*?|-[^ ]+?)"
_USER = rf"(?P<auth_user>-|{_WORD_OF_USER}(?: +{_WORD_OF_USER})*?|)"
_MORE = rf"(?:[ \t]+|[,;|] *)(?P<more_fields>{FIELD}(?: +{FIELD})*)"
# A quoted field directly after the size is the referrer.
_MORE_OF_COMMON = rf' +(?P<more_fields__2>[^ "\\](?:[^ "\\]|\\.|{QUOTED})*(?: +{FIELD})*)'

_COMMON = (
    Part("a host", rf"(?:{_VIRTUAL_HOST} )??{_HOST}"),
    Part("a blank and the identity, mostly `-`", r" (?P<ident>[^ ]+)"),
    Part("a blank, the user or `-`, and ` [`", rf" {_USER} \["),
    Part("a time and `]`", r"(?P<requested_at>[^\]]*)\]"),
    Part('a blank and `"`', ' "'),
    Part('a request, `"`, a blank and a status', rf'{REQUEST}" (?P<status>{WORD})'),
    Part("a blank and a size or `-`", rf" (?P<size_bytes>{WORD})"),
)
_COMBINED = (
    Part('a referrer in `"`, other fields or the end', rf' "(?P<referrer>{PAIRED})"'),
    Part('a blank and a user agent in `"`', rf' "(?P<user_agent>{PAIRED})"'),
    Part("fields whose quotes pair up, or the end", rf"(?:{_MORE})? *$"),
)
NCSA = Lines(
    pattern="".join(part.regex for part in _COMMON)
    + rf"(?:{_COMBINED[0].regex}{_COMBINED[1].regex}(?:{_MORE})?|{_MORE_OF_COMMON})? *",
    parts=(*_COMMON, *_COMBINED),
    escape_bytes=True,
)
"""Common or combined lines, optionally with a virtual host before and more fields after."""

NCSA_COLUMNS = (
    Text("virtual_host", required=False, null_values=("-",)),
    Text("host", max_length=255),
    Text("ident", required=False, null_values=("-",)),
    Text("auth_user", required=False, null_values=("-", '""')),
    Timestamp("requested_at", form="clf"),
    Text("method", required=False),
    Text("path", required=False),
    Text("protocol", required=False),
    Text("unparsed_request", required=False, null_values=("-",)),
    Integer("status", minimum=100, maximum=999),
    Integer("size_bytes", required=False, minimum=0, null_values=("-",)),
    Text("referrer", required=False, null_values=("-",)),
    Text("user_agent", required=False, null_values=("-",)),
    Text("more_fields", required=False),
    Integer("escaped_bytes", minimum=0),
)

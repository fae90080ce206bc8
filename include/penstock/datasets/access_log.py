"""Access logs: one line a request, in NCSA's common or combined format."""

from penstock.columns import Derived, Integer, Text, Timestamp
from penstock.countries import country_of
from penstock.dataset import Dataset
from penstock.expectations import expect
from penstock.formats import Lines

_WORD = r'[^ "]+'


def _text(stops: str = "") -> str:
    r"""Up to the first quote, or character of `stops`, from which the rest of the line fits.

    A `\"` counts as such a quote only if nothing else fits: most servers escape the quotes in what
    they were sent, the oldest do not.
    """
    run = rf'[^{stops}"\\]*(?:\\.[^{stops}"\\]*)*'
    return rf'{run}(?:[{stops}"\\]{run})*?'


_REQUEST = (
    rf"(?:(?P<method>[A-Z][A-Z_-]*) +(?P<path>{_text(' ')})(?: +(?P<protocol>HTTP/{_WORD}))? *"
    rf"|(?P<unparsed_request>{_text()}))"
)
_COMBINED = rf' "(?P<referrer>{_text()})" "(?P<user_agent>{_text()})"'
_FIELD = rf'(?:"[^"\\]*(?:\\.[^"\\]*)*"|{_WORD})'
_MORE = rf"(?: (?P<more_fields>{_FIELD}(?: {_FIELD})*))?"
_LINE = (
    r"(?P<host>[^ ]+) (?P<ident>[^ ]+) (?P<auth_user>[^ ]+) \[(?P<requested_at>[^\]]*)\]"
    rf' "{_REQUEST}" (?P<status>{_WORD}) (?P<size_bytes>{_WORD})(?:{_COMBINED}{_MORE})? *'
)
_FORMAT = Lines(pattern=_LINE, escape_bytes=True)


def _optional(name: str) -> Text:
    return Text(name, required=False, null_values=("-",))


access_log = Dataset(
    name="access_log",
    description="Requests to web servers, as their access logs have them: a line a request.",
    files=dict.fromkeys(("*.log", "*.log.*", "*access_log*"), _FORMAT),
    columns=(
        Text("host", max_length=255),
        Derived("country", source="host", function=country_of),
        _optional("ident"),
        _optional("auth_user"),
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

"""Access logs of AWS' Application Load Balancers."""

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.formats import Lines, Part
from penstock.declare.logs.text import FIELD, PAIRED, REQUEST

_EARLY = ("request_processing_time", "target_processing_time", "response_processing_time")
_SIZES = ("status", "target_status", "bytes_received", "size_bytes")
_LATER = (
    *("ssl_cipher", "ssl_protocol", "target_group_arn", '"trace_id"', '"virtual_host"'),
    *('"chosen_cert_arn"', "matched_rule_priority", "request_creation_time"),
    *('"actions_executed"', '"redirect_url"', '"error_reason"', '"target_list"'),
    *('"target_status_list"', '"classification"', '"classification_reason"', "conn_trace_id"),
)
"""Fields that older logs lack, from one of them on."""


def _field(name: str) -> str:
    plain = name.strip('"')
    return f' "(?P<{plain}>{PAIRED})"' if plain != name else rf' (?P<{plain}>[^ "]+)'


def _rest() -> str:
    found = rf"(?: (?P<more_fields>{FIELD}(?: {FIELD})*))?"
    for name in reversed(_LATER):
        found = f"(?:{_field(name)}{found})?"
    return found


_PARTS = (
    Part("a type such as https", r"(?P<type>[a-z0-9]+)"),
    Part("a blank and a time", _field("requested_at")),
    Part("a blank and a load balancer", _field("elb")),
    Part("a blank and a client with its port", r" (?P<host>[^ ]+?)(?::(?P<client_port>[0-9]+))? "),
    Part("a target with its port, or `-`", r"(?P<target>[^ ]+)"),
    *(Part(f"a blank and {name}", _field(name)) for name in (*_EARLY, *_SIZES)),
    Part('a blank and a request in `"`', rf' "{REQUEST}"'),
    Part('a blank and a user agent in `"`', _field('"user_agent"')),
    Part("fields whose quotes pair up, or the end", f"{_rest()} *$"),
)
ALB = Lines(pattern="".join(part.regex for part in _PARTS), parts=_PARTS, escape_bytes=True)
"""New fields at the end of a line are in `more_fields`."""


def _optional(name: str) -> Text:
    return Text(name, required=False, null_values=("-",))


ALB_COLUMNS = (
    Text("type"),
    Timestamp("requested_at"),
    Text("elb"),
    Text("host"),
    Integer("client_port", required=False),
    *map(_optional, ("target", *_EARLY)),
    Integer("status", minimum=100, maximum=999),
    _optional("target_status"),
    *(Integer(name, minimum=0) for name in ("bytes_received", "size_bytes")),
    *(Text(name, required=False) for name in ("method", "path", "protocol", "unparsed_request")),
    *(_optional(name.strip('"')) for name in ("user_agent", *_LATER)),
    Text("more_fields", required=False),
    Integer("escaped_bytes", minimum=0),
)

"""W3C extended logs, as IIS and CloudFront write them: `#Fields:` lines name the columns."""

from dataclasses import dataclass

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.formats import Format


@dataclass(frozen=True)
class W3C(Format):
    """One record per line; the last `#Fields:` line before it names its fields.

    Such lines may be anywhere and may differ. Lines that begin with `#` are not records. Names
    match columns as in a header: `cs(User-Agent)` means `cs_user_agent`. The fields `date` and
    `time`, in UTC, together become `date-time`. Fields are not decoded: a blank that the server
    wrote as `+` or `%20` stays so. Bytes that are not UTF-8 are escaped as in `Lines`.
    """


def _text(name: str, header: str) -> Text:
    return Text(name, required=False, null_values=("-",), header=header, rare=True)


def _number(name: str, header: str) -> Integer:
    return Integer(name, required=False, null_values=("-",), header=header, rare=True)


_COMMON = (
    Timestamp("requested_at", zone="UTC", header="date-time"),
    Text("host", header="c-ip", null_values=("-",)),
    _text("method", "cs-method"),
    _text("path", "cs-uri-stem"),
    _text("query", "cs-uri-query"),
    _number("status", "sc-status"),
    _number("size_bytes", "sc-bytes"),
    _number("bytes_received", "cs-bytes"),
    _text("referrer", "cs(Referer)"),
    _text("user_agent", "cs(User-Agent)"),
    _text("protocol", "cs-version"),
)
IIS_COLUMNS = (
    *_COMMON,
    _text("virtual_host", "cs-host"),
    _text("auth_user", "cs-username"),
    _text("site", "s-sitename"),
    _text("server_name", "s-computername"),
    _text("server", "s-ip"),
    _text("port", "s-port"),
    _text("substatus", "sc-substatus"),
    _text("win32_status", "sc-win32-status"),
    _text("cookie", "cs(Cookie)"),
    _number("duration_ms", "time-taken"),
)
CLOUDFRONT_COLUMNS = (
    *(c for c in _COMMON if c.name != "protocol"),
    _text("virtual_host", "cs(Host)"),
    _text("edge_location", "x-edge-location"),
    _text("result", "x-edge-result-type"),
    _text("request_id", "x-edge-request-id"),
    _text("host_header", "x-host-header"),
    _text("scheme", "cs-protocol"),
    _text("protocol", "cs-protocol-version"),
    _text("duration_s", "time-taken"),
    _text("x_forwarded_for", "x-forwarded-for"),
    _text("cookie", "cs(Cookie)"),
    _text("ssl_protocol", "ssl-protocol"),
    _text("ssl_cipher", "ssl-cipher"),
    _text("response_result", "x-edge-response-result-type"),
    _text("detailed_result", "x-edge-detailed-result-type"),
    _text("fle_status", "fle-status"),
    _text("fle_encrypted_fields", "fle-encrypted-fields"),
    _text("client_port", "c-port"),
    _text("time_to_first_byte", "time-to-first-byte"),
    _text("content_type", "sc-content-type"),
    _text("content_length", "sc-content-len"),
    _text("range_start", "sc-range-start"),
    _text("range_end", "sc-range-end"),
)

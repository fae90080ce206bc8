"""Caddy's access log: one JSON object per line. Declare similar logs in the same way."""

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.formats import JsonLines

CADDY = JsonLines()


def _text(name: str, header: str = "") -> Text:
    return Text(name, required=False, header=header or name, rare=True)


def _request(name: str, key: str) -> Text:
    return _text(name, f"request.{key}")


CADDY_COLUMNS = (
    Timestamp("requested_at", form="epoch_s", header="ts"),
    _text("level"),
    _text("logger"),
    Text("host", header="request.remote_ip"),
    _request("client_port", "remote_port"),
    _request("client_ip", "client_ip"),
    _text("auth_user", "user_id"),
    _request("virtual_host", "host"),
    Text("method", header="request.method"),
    Text("path", header="request.uri"),
    _request("protocol", "proto"),
    Integer("status", minimum=0, maximum=999),
    Integer("size_bytes", minimum=0, header="size"),
    _text("bytes_read"),
    _text("duration_s", "duration"),
    _request("referrer", "headers.Referer.0"),
    _request("user_agent", "headers.User-Agent.0"),
)
"""Times are seconds since 1970, as Caddy writes them by default."""

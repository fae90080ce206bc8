r"""`LogFormat`: the format of a log, from the configuration of the server that writes it.

It accepts Apache's `LogFormat "%h %l ..." name` and nginx' `log_format name '$remote_addr ...';`,
or only the text between the quotes. Each directive or variable becomes a column. The tables below
have the names of common ones; of others, `%{X-Request-Id}i` becomes `x_request_id`, and
`$upstream_addr` becomes `upstream_addr`. The second column of one name is `name_2`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.declare.formats import Lines, Part
from penstock.declare.logs.text import PAIRED, REQUEST
from penstock.errors import PenstockError

TIME = "requested_at"
_APACHE = {
    **{"a": "host", "h": "host", "A": "local_address", "b": "size_bytes", "B": "size_bytes"},
    **{"O": "bytes_sent", "I": "bytes_received", "S": "bytes_total", "D": "duration_us"},
    **{"f": "file", "H": "protocol", "k": "keepalive_requests", "l": "ident", "L": "log_id"},
    **{"m": "method", "p": "port", "P": "process_id", "q": "query", "r": "request"},
    **{"R": "handler", "s": "status", "t": TIME, "T": "duration_s", "u": "auth_user"},
    **{"U": "path", "v": "virtual_host", "V": "virtual_host", "X": "connection_status"},
}
_NGINX = {
    **{"remote_addr": "host", "remote_user": "auth_user", "time_local": TIME, "msec": TIME},
    **{"time_iso8601": TIME, "body_bytes_sent": "size_bytes", "request_method": "method"},
    **{"request_uri": "path", "uri": "path", "server_protocol": "protocol", "args": "query"},
    **{"query_string": "query", "host": "virtual_host", "http_host": "virtual_host"},
    **{"server_name": "virtual_host", "server_port": "port"},
}
_HEADERS = {"referer": "referrer", "user_agent": "user_agent", "host": "virtual_host"}
_DURATIONS = {"ms": "duration_ms", "us": "duration_us", "s": "duration_s"}
_PREFIXES = {"o": "response_", "C": "cookie_"}
_WORDS = {"host", "status", "size_bytes", "bytes_sent", "ident", "method", "protocol"}
"""Columns whose text has no blank."""
_OF_REQUEST = ("method", "path", "protocol", "unparsed_request")

_APACHE_LINE = re.compile(r'\s*(?:LogFormat|CustomLog\s+\S+)\s+"((?:[^"\\]|\\.)*)".*', re.DOTALL)
_NGINX_LINE = re.compile(r"\s*log_format\s+\S+\s+(.*?);?\s*", re.DOTALL)
_STRINGS = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|escape=\w+")
_DIRECTIVE = re.compile(r"%%|%(?:!?[\d,]+)?[<>]?(?:\{(?P<of>[^}]*)\})?(?P<letter>\^?[A-Za-z]{1,2})")
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<name>\w+))")
_CLF = "[^ ]+ [+-][0-9]{4}"
_URL = {"U": r"[^?]*?", "q": r"\?.*?|"}
_PORT = "[0-9]+|-"
_BACKSLASH = re.compile(r"\\(.)")


@dataclass
class _Piece:
    """A literal, or the column `name` with the `regex` of its text, if one is known."""

    literal: str = ""
    name: str = ""
    regex: str = ""


def LogFormat(text: str) -> Lines:  # noqa: N802 - the name in Apache's configuration
    """The format of the lines that a server with the configuration `text` writes.

    Raises:
        PenstockError: it names no field, or nothing separates two fields.
    """
    if found := _NGINX_LINE.fullmatch(text) if "log_format" in text else None:
        strings = _STRINGS.finditer(found[1])
        text = "".join(_plain(s[1] if s[1] is not None else s[2] or "") for s in strings)
    elif found := _APACHE_LINE.fullmatch(text):
        text = _plain(found[1])
    else:
        text = _plain(text)
    pieces = [*(_of_nginx(text) if re.search(r"\$\{?[a-z]", text) else _of_apache(text))]
    pieces = _one_time(_joined(pieces))
    if not any(piece.name for piece in pieces):
        raise PenstockError(f"LogFormat {text!r}: expected fields such as %h or $remote_addr")
    parts = tuple(_parts(_distinct(pieces)))
    return Lines(pattern="".join(part.regex for part in parts), parts=parts, escape_bytes=True)


def _plain(text: str) -> str:
    return _BACKSLASH.sub(lambda found: {"t": "\t", "n": "\n"}.get(found[1], found[1]), text)


def _of_apache(text: str) -> Iterator[_Piece]:
    end = 0
    for found in _DIRECTIVE.finditer(text):
        letter = found["letter"] or ""
        if letter and letter[0] != "^" and len(letter) > 1:
            letter = letter[0]  # of %hx, the x is a literal
        yield _Piece(text[end : found.start()])
        end = found.start("letter") + len(letter) if letter else found.end()
        if not letter:
            yield _Piece("%")
        elif letter == "t" and not found["of"]:
            yield from (_Piece("["), _Piece(name=TIME), _Piece("]"))
        else:
            yield _Piece(name=_apache_name(letter, found["of"] or ""), regex=_URL.get(letter, ""))
    yield _Piece(text[end:])


def _apache_name(letter: str, of: str) -> str:
    if letter == "t":
        return TIME
    if letter == "T":
        return _DURATIONS.get(of, "duration_s")
    if letter == "i":
        return _HEADERS.get(_column(of), _column(of))
    if letter == "a" and of == "c":
        return "peer_address"
    if letter == "p" and of not in ("", "canonical"):
        return f"{_column(of)}_port"
    if of and letter not in "hsP":
        return _PREFIXES.get(letter, "") + _column(of)
    return _APACHE.get(letter) or f"field_{_column(letter)}"


def _of_nginx(text: str) -> Iterator[_Piece]:
    end = 0
    for found in _VARIABLE.finditer(text):
        yield _Piece(text[end : found.start()])
        end = found.end()
        variable = found["braced"] or found["name"]
        name = variable.removeprefix("http_").replace("sent_http_", "response_")
        column = _NGINX.get(variable) or _HEADERS.get(name) or _column(name)
        yield _Piece(name=column, regex=_CLF * (variable == "time_local"))
    yield _Piece(text[end:])


def _column(name: str) -> str:
    """Make `name` the name of a column: `X-Request-Id` becomes `x_request_id`."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "field"
    return plain if plain[0].isalpha() else f"field_{plain}"


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """Drop empty literals and join adjacent ones."""
    found: list[_Piece] = []
    for piece in pieces:
        if piece.literal and found and found[-1].literal:
            found[-1] = _Piece(found[-1].literal + piece.literal)
        elif piece.literal or piece.name:
            found.append(piece)
    return found


def _one_time(pieces: list[_Piece]) -> list[_Piece]:
    """Join the pieces of a time that have only literals between them into one column."""
    found: list[_Piece] = []
    for piece in pieces:
        if piece.name == TIME and [p.name for p in found[-2:]] == [TIME, ""]:
            del found[-1]
        elif piece.name == TIME and found and found[-1].name == TIME:
            pass
        else:
            found.append(piece)
    return found


def _distinct(pieces: list[_Piece]) -> list[_Piece]:
    names = [piece.name for piece in pieces]
    seen = dict.fromkeys(_OF_REQUEST, 1) if "request" in names else {}
    for piece in pieces:
        if piece.name == "bytes_sent" and "size_bytes" not in names:
            piece.name = "size_bytes"  # the only size in the log
        if piece.name:
            seen[piece.name] = times = seen.get(piece.name, 0) + 1
            piece.name += f"_{times}" * (times > 1)
    return pieces


def _parts(pieces: list[_Piece]) -> Iterator[Part]:
    """One part for each column, with the literal after it."""
    if pieces[0].literal:
        yield Part(f"`{pieces[0].literal}`", re.escape(pieces[0].literal))
    for before, piece, after in zip([_Piece(), *pieces], pieces, [*pieces[1:], None], strict=False):
        if piece.name:
            literal = after.literal if after else ""
            behind = re.escape(literal) if after else " *$"
            expected = f"{piece.name} and {f'`{literal}`' if literal else 'the end'}"
            yield Part(expected, _regex(piece, before.literal, literal) + behind)


def _regex(piece: _Piece, before: str, after: str) -> str:
    """The regex of a column's text between these literals."""
    name, quoted = piece.name, before.endswith('"') and after.startswith('"')
    if name == "request" and quoted:
        return REQUEST
    if quoted:
        text = piece.regex or PAIRED
    elif name == TIME and after.startswith("]"):
        text = r"[^\]]*"
    elif name == "port":
        text = _PORT
    elif name in _WORDS and (not after or after[0] in " \t|,;"):
        text = f'[^ \t"{re.escape(after[:1])}]+'
    else:
        text = piece.regex or ".*?"
    return f"(?P<{name}>{text})"

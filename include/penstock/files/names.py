"""Names of files that are not UTF-8, as text that a database takes."""

import hashlib
import os
import re

ESCAPE = "\\x"
"""Stands before the two hexadecimal digits of a byte that is not UTF-8."""

_LONGEST_NAME = 255  # bytes: what file systems take


def readable(path: str) -> str:
    """`path` as text that a database takes: the byte FF, which is not UTF-8, becomes `\\xff`."""
    return path if path.isascii() else os.fsencode(path).decode(errors="backslashreplace")


def readable_name(path: str) -> str:
    """`readable(path)`, its parts shortened to what a file system takes."""
    return "/".join(_short(part) for part in readable(path).split("/"))


def as_written(path: str) -> str:
    """The reverse of `readable`."""
    escaped = re.compile(rb"\\x([0-9a-f]{2})")
    return os.fsdecode(escaped.sub(lambda hit: bytes.fromhex(hit[1].decode()), path.encode()))


def _short(name: str) -> str:
    """`name` with a hash in its middle, if it is too long for a file system."""
    data = os.fsencode(name)
    if len(data) <= _LONGEST_NAME:
        return name
    head, tail = data[:150].decode(errors="ignore"), data[-50:].decode(errors="ignore")
    return f"{head}~{hashlib.sha256(data).hexdigest()[:8]}~{tail}"

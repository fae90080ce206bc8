"""The rule behind a reason: the reason without what differs from record to record."""

import re

_PLACE = re.compile(r"(?:[a-z0-9_.]+|column [0-9]+): ")
_DIFFERS = re.compile(
    r" at character [0-9]+$"
    r"|(?<=: )character [0-9]+: "
    r"|(?<=^prepare: )(?P<error>\w+): .*"
    r"|found .*, but it (?=has no name$)",
    re.DOTALL,
)


def rule_of(reason: str) -> str:
    """A reason without the value that was found, and without its place in the record.

    `sku: longer than 9 characters, found 1234567890` becomes `sku: longer than 9 characters`.
    """
    found, expected, what = reason.rpartition(", expected ")
    if expected and (place := _PLACE.match(found)):
        return f"{place[0]}expected {what}"
    return _DIFFERS.sub(lambda match: match["error"] or "", reason.partition(", found ")[0])

"""Says in a few words how a file is."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from penstock import ledger
from penstock.errors.display import visible
from penstock.site.text import plural

_LOOKS = {
    ledger.State.CLAIMED: "warn",
    ledger.State.LOADING: "warn",
    ledger.State.REJECTED: "bad",
}
"""The looks of states that are told by their own word."""


def badge(file: Mapping[str, Any]) -> Markup:
    """Return how a file is as a badge: "in the marts", "rejected", "waits", ..."""
    look, words = _look(file)
    return Markup('<span class="badge {}">{}</span>').format(look, words)


def sentence(file: Mapping[str, Any], mart: str | None) -> str:
    """Say in a sentence what became of a file, whose rows are in `mart`."""
    if file["waits_for"]:
        return f"It waits, and is tried again by itself: {visible(file['waits_for'])}"
    if file["state"] == ledger.State.SEALED:
        return _loaded(file, mart)
    reason = visible(file["reason"] or "")
    match ledger.State(file["state"]):
        case ledger.State.REJECTED:
            return f"The whole file is rejected: {reason}"
        case ledger.State.SUPERSEDED:
            built = "" if file["built_at"] else "; the marts are being built"
            return f"Its rows do not count: {reason or 'a newer version replaced it'}{built}"
        case ledger.State.DUPLICATE:
            return "It has the content of the version before, so nothing was loaded"
        case ledger.State.REGISTERED:
            return "It arrived, and is about to be claimed"
        case ledger.State.CLAIMED:
            return "It is claimed, and is being scanned"
    return "Its blocks are being loaded"


def _loaded(file: Mapping[str, Any], mart: str | None) -> str:
    rows = plural(file["rows_good"] or 0, "row")
    where = f"{'is' if file['rows_good'] == 1 else 'are'} loaded into {mart or 'the marts'}"
    if not file["built_at"]:
        where = "passed the checks; the marts are being built"
    refused = plural(file["rows_bad"], "record") if file["rows_bad"] else "no record"
    return f"{rows} {where}; {refused} {'was' if file['rows_bad'] in (0, 1) else 'were'} refused"


def is_final(file: Mapping[str, Any]) -> bool:
    """Whether nothing happens to a file any more by itself: the marts show its state."""
    if file["state"] in (ledger.State.REJECTED, ledger.State.DUPLICATE):
        return file["waits_for"] is None
    return file["state"] not in ledger.IN_FLIGHT and file["built_at"] is not None


def _look(file: Mapping[str, Any]) -> tuple[str, str]:
    if file["waits_for"]:
        return "bad", "waits"
    if file["state"] == ledger.State.SEALED:
        return ("good", "in the marts") if file["built_at"] else ("warn", "being built")
    if file["state"] == ledger.State.REGISTERED:
        return "warn", "arrived"
    return _LOOKS.get(file["state"], ""), str(file["state"])

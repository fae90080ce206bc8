"""The states of a file, and the sets of states that the code asks for."""

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """The state of one version of a file, as in `ingest.file.state`."""

    REGISTERED = "registered"  # it has landed
    CLAIMED = "claimed"  # it, or a copy of it, can be read
    LOADING = "loading"  # it is scanned, and its blocks load
    SEALED = "sealed"  # its rows count
    REJECTED = "rejected"  # refused as a whole, with a reason
    SUPERSEDED = "superseded"  # its rows no longer count
    DUPLICATE = "duplicate"  # the same content as the version before


IN_FLIGHT = (State.REGISTERED, State.CLAIMED, State.LOADING)
"""Files that are not done."""

FINAL = (State.SEALED, State.REJECTED, State.SUPERSEDED, State.DUPLICATE)
"""Files that are done: their bytes move to the archive."""

UNBUILT = (State.SEALED, State.SUPERSEDED)
"""Files that a build still has to show, or to retract, while `built_at` is null."""


def sql_list(states: Iterable[State]) -> str:
    """The states as literals for SQL's IN: a partial index is only used with literals."""
    return "('{}')".format("', '".join(states))

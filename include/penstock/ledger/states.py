"""The states of a file, and sets of states."""

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """The state of one version of a file, as in `ingest.file.state`."""

    REGISTERED = "registered"  # landed
    CLAIMED = "claimed"  # moved out of the landing zone, can be read
    LOADING = "loading"  # scanned; its blocks are being loaded
    SEALED = "sealed"  # loaded; its rows are valid
    REJECTED = "rejected"  # the whole file is refused, with a reason
    SUPERSEDED = "superseded"  # replaced; its rows are no longer valid
    DUPLICATE = "duplicate"  # the same content as the version before


IN_FLIGHT = (State.REGISTERED, State.CLAIMED, State.LOADING)
"""States of files that are not finished."""

FINAL = (State.SEALED, State.REJECTED, State.SUPERSEDED, State.DUPLICATE)
"""States of finished files, which move to the archive."""

UNBUILT = (State.SEALED, State.SUPERSEDED)
"""States of files that a build must add or retract while `built_at` is null."""


def sql_list(states: Iterable[State]) -> str:
    """The states as literals for SQL's IN: Postgres uses a partial index only with literals."""
    return "('{}')".format("', '".join(states))

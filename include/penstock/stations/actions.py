"""What a person can do to a file: replay, reject or retract it.

Whoever may act asks, and learns at once what is not possible. The next plan does what was asked
for (`perform`): so the API's login needs no right to change files. Each action stays in the ledger
with who asked for it, when and why.
"""

from collections.abc import Callable, Mapping
from typing import Any

from psycopg import Connection

from penstock import datasets, ledger
from penstock.errors import PenstockError
from penstock.warehouse.connect import connect

_MOST_NAMED = 5  # files in a message
FileRow = Mapping[str, Any]
"""A row of `ingest.file`."""


def replay(file_id: int, who: str, why: str | None = None) -> ledger.Action:
    """Ask to load a kept file again under today's rules, in the place of what it gave before.

    The replay of a retracted file undoes the retraction.

    Raises:
        PenstockError: there is no such file, or it is in flight, or another version of it counts
            or will.
    """
    return _ask(ledger.Act.REPLAY, file_id, who, why)


def reject(file_id: int, who: str, why: str) -> ledger.Action:
    """Ask to reject a file that is in flight, or that waits.

    Raises:
        PenstockError: there is no such file, or it is not in flight; `why` is empty.
    """
    return _ask(ledger.Act.REJECT, file_id, who, _reason(why))


def retract(file_id: int, who: str, why: str) -> ledger.Action:
    """Ask to take the rows of a sealed file out of the marts.

    With `versions="append"`, the rows of the versions that continue it, or that it continues, go
    too. The bytes stay in the archive.

    Raises:
        PenstockError: there is no such file, it is not sealed, a newer version of it is in flight,
            it is an archive, or a mirror has it; `why` is empty.
    """
    return _ask(ledger.Act.RETRACT, file_id, who, _reason(why))


def replay_refused_for(
    dataset: str, reason: str, who: str, why: str | None = None
) -> list[ledger.Action]:
    """Ask to replay every file of which records were refused for `reason`, and that still counts.

    See `ledger.files_refused_for`.

    Raises:
        PenstockError: there is no such dataset, or no such file.
    """
    name = datasets.get(dataset).name
    asked = []
    with connect("api") as connection:
        for refused in ledger.files_refused_for(connection, name, reason):
            file = found(connection, refused["file_id"])
            if _why_no_replay(connection, file) is None:
                why_this = why or f"records were refused for: {reason}"
                asked.append(_record(connection, ledger.Act.REPLAY, file, who, why_this))
    if not asked:
        raise PenstockError(f"{name}: no file that counts has a record refused for {reason!r}")
    return asked


def why_not(connection: Connection, file: FileRow) -> dict[ledger.Act, str]:
    """The actions that are not possible for a file now, each with the reason."""
    reasons = {act: why_not_this(connection, file) for act, why_not_this in _WHY_NOT.items()}
    return {act: why for act, why in reasons.items() if why}


def check(connection: Connection, act: ledger.Act, file: FileRow) -> None:
    """Check that an action on a file is possible now.

    Raises:
        PenstockError: it is not; the message says why.
    """
    if why := _WHY_NOT[act](connection, file):
        raise PenstockError(why)


def found(connection: Connection, file_id: int | None) -> FileRow:
    """The row of a file.

    Raises:
        PenstockError: there is no such file.
    """
    file = None if file_id is None else ledger.find(connection, file_id)
    if file is None:
        raise PenstockError(f"no file {file_id}; `penstock files` lists those there are")
    return file


def _ask(act: ledger.Act, file_id: int, who: str, why: str | None) -> ledger.Action:
    with connect("api") as connection:
        file = found(connection, file_id)
        check(connection, act, file)
        return _record(connection, act, file, who, why)


def _record(
    connection: Connection, act: ledger.Act, file: FileRow, who: str, why: str | None
) -> ledger.Action:
    return ledger.ask(connection, act, file["dataset"], who, why=why, file_id=file["file_id"])


def _reason(why: str) -> str:
    if not why.strip():
        raise PenstockError("expected a reason: it is kept with the action")
    return why.strip()


def _why_no_replay(connection: Connection, file: FileRow) -> str | None:
    file_id, state = file["file_id"], file["state"]
    dataset = datasets.get(file["dataset"])
    was_sealed = state == ledger.State.SUPERSEDED and file["load_seq"] is not None
    if state not in (ledger.State.SEALED, ledger.State.REJECTED) and not was_sealed:
        return (
            f"file {file_id} is {state}; only a sealed, rejected or retracted one can be replayed"
        )
    if dataset.unpacks(file["path"]) and state != ledger.State.REJECTED:
        return f"file {file_id} has no rows: replay the files that came out of it"
    rule = dataset.versions
    if rule == "append" and state == ledger.State.SEALED:
        rule = "add"  # what was appended to it loads from newer versions
    if not ledger.has_newer(connection, file_id, rule):
        return None
    if was_sealed:
        return f"file {file_id} is superseded: another version counts in its place, or will"
    return f"a newer version of file {file_id} is loading or has taken over"


def _why_no_reject(_: Connection, file: FileRow) -> str | None:
    file_id, state = file["file_id"], file["state"]
    if state in ledger.IN_FLIGHT:
        return None
    if state == ledger.State.SEALED:
        return f"file {file_id} is sealed: retract it instead"
    return f"file {file_id} is {state}; only a file in flight can be rejected"


def _why_no_retract(connection: Connection, file: FileRow) -> str | None:
    file_id, state = file["file_id"], file["state"]
    dataset = datasets.get(file["dataset"])
    if state in ledger.IN_FLIGHT:
        return f"file {file_id} is {state}: reject it instead"
    if state != ledger.State.SEALED:
        return f"file {file_id} is {state}: it has no rows in the marts"
    if dataset.mirror:
        return (
            f"{dataset.name} mirrors its folder: delete {file['path']} there, and its rows go with "
            "it"
        )
    if dataset.unpacks(file["path"]):
        return f"file {file_id} has no rows: {_members(connection, file_id)}"
    if (newer := ledger.newer_in_flight(connection, file_id)) is not None:
        return f"file {newer} is loading, a newer version of it: wait for it, or reject it first"
    return None


def _members(connection: Connection, file_id: int) -> str:
    members = ledger.sealed_members(connection, file_id)
    if not members:
        return "no file that came out of it counts"
    named = ", ".join(f"{member} ({path})" for member, path in members[:_MOST_NAMED])
    more = f" and {len(members) - _MOST_NAMED:,} more" if len(members) > _MOST_NAMED else ""
    return f"retract the files that came out of it: {named}{more}"


_WHY_NOT: Mapping[ledger.Act, Callable[[Connection, FileRow], str | None]] = {
    ledger.Act.REPLAY: _why_no_replay,
    ledger.Act.REJECT: _why_no_reject,
    ledger.Act.RETRACT: _why_no_retract,
}

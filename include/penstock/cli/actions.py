"""`penstock replay`, `reject`, `retract`, `mend` and `approve`: what people do to files."""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from penstock import datasets, ledger
from penstock.cli import show
from penstock.schema import migrate_if_owner
from penstock.warehouse import connect

FileId = Annotated[
    int, typer.Argument(max=2**63 - 1, help="Id of the file, from `penstock files`.")
]
Why = Annotated[str, typer.Option(prompt=True, help="The reason; it is kept with the action.")]
MaybeWhy = Annotated[str | None, typer.Option(help="The reason; it is kept with the action.")]
Who = Annotated[
    str | None,
    typer.Option(envvar="PENSTOCK_WHO", help="Who acts. Default: the user of this process."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts: JSON on standard output.")]


def replay(
    file_id: Annotated[
        int | None, typer.Argument(max=2**63 - 1, help="Id of the file, from `penstock files`.")
    ] = None,
    refused_for: Annotated[
        str | None,
        typer.Option(help="Instead of one file: all that have records refused for this reason."),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="The dataset, with --refused-for.")] = None,
    why: MaybeWhy = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Load a kept file again under the rules of today; its rows replace those it gave before.

    The replay of a retracted file undoes the retraction. With --refused-for and --dataset, all
    files are replayed of which records were refused for a reason: as `penstock quarantine` shows
    it, with or without the value that was found.
    """
    from penstock.stations import actions

    migrate_if_owner()
    if file_id is not None and refused_for is None:
        asked = [actions.replay(file_id, _name(who), why)]
    elif file_id is None and refused_for is not None and dataset is not None:
        asked = actions.replay_refused_for(dataset, refused_for, _name(who), why)
    else:
        raise typer.BadParameter("expected a FILE_ID, or --refused-for and --dataset")
    _finish(asked, as_json)


def reject(file_id: FileId, why: Why, who: Who = None, as_json: AsJson = False) -> None:
    """Reject a file that is in flight, or that waits after a fault; it moves to rejected/."""
    from penstock.stations import actions

    migrate_if_owner()
    _finish([actions.reject(file_id, _name(who), why)], as_json)


def retract(file_id: FileId, why: Why, who: Who = None, as_json: AsJson = False) -> None:
    """Take the rows of a sealed file out of the marts; its bytes stay in the archive.

    `penstock replay` brings them back.
    """
    from penstock.stations import actions

    migrate_if_owner()
    _finish([actions.retract(file_id, _name(who), why)], as_json)


def mend(
    file_id: FileId,
    corrected: Annotated[Path, typer.Argument(help="A file with corrected records.")],
    why: MaybeWhy = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Load a corrected file, which stays linked to the file that it mends.

    It holds the corrected records alone, below the header of the file. What the file gave before
    stays as it is.
    """
    import asyncio

    from penstock.cli.ingest import check_nothing_waits, load_landed
    from penstock.intake import mends

    migrate_if_owner()
    landed = asyncio.run(mends.land_file(file_id, corrected, _name(who), why))
    of = datasets.get(landed.dataset)
    done = load_landed(of, landed.path, quiet=as_json)
    show.files([done], as_json)
    check_nothing_waits(of)
    raise typer.Exit(1 if done["state"] == ledger.State.REJECTED else 0)


def approve(
    dataset: Annotated[str, typer.Argument(help="A mirror that lost many files at once.")],
    why: MaybeWhy = None,
    who: Who = None,
) -> None:
    """Remove the rows of files that are gone from a mirror, after it held them back."""
    from penstock.arrivals import mirror
    from penstock.cli.ingest import finish

    migrate_if_owner()
    of = datasets.get(dataset)
    count = mirror.approve(of, _name(who), why)
    show.line(f"{count:,} files of {dataset} are gone, and their rows go with them")
    finish(of, quiet=False)


def _finish(asked: list[ledger.Action], as_json: bool) -> None:
    """Do what was asked for, bring the marts up to date, and show the files."""
    from penstock.cli.ingest import check_nothing_waits, finish
    from penstock.stations import perform

    done = [perform.now(action) for action in asked]
    of = datasets.get(done[0].dataset)
    finish(of, quiet=as_json)
    with connect("reader") as connection:
        ids = [action.result_file_id or action.file_id or 0 for action in done]
        files = [ledger.find(connection, file_id) or {} for file_id in ids]
    was_rejection = all(action.kind == ledger.Act.REJECT for action in done)
    show.files(files, as_json)
    check_nothing_waits(of)
    rejected = any(file.get("state") == ledger.State.REJECTED for file in files)
    raise typer.Exit(1 if rejected and not was_rejection else 0)


def _name(who: str | None) -> str:
    """The name of who acts."""
    try:
        return who or getpass.getuser()
    except (KeyError, OSError):  # no user has the id of this process
        return f"uid {os.getuid()}"

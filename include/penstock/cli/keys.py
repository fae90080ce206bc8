"""`penstock keys`: who may use the API, and for what."""

from typing import Annotated

import typer

from penstock.api import keys
from penstock.api.keys import Scope
from penstock.cli import show
from penstock.schema import check as check_schema
from penstock.schema import migrate_if_owner
from penstock.warehouse import connect

app = typer.Typer(no_args_is_help=True, help="Keys of the API: make, list, revoke.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, as the log will name them.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; give it several times.")],
    rate: Annotated[int, typer.Option(min=1, help="Requests a second.")] = 1000,
) -> None:
    """Make a key and print it, this once: only a hash of it is kept."""
    migrate_if_owner()
    with connect("loader") as connection:
        show.line(keys.create(connection, name, scope, rate))


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """All keys there ever were, the newest first."""
    check_schema()
    with connect("loader") as connection:
        show.rows(keys.every(connection), as_json, empty="No key has been made yet.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="As `penstock keys list` shows it.")],
) -> None:
    """Make a key count no longer; running servers know within seconds."""
    migrate_if_owner()
    with connect("loader") as connection:
        keys.revoke(connection, key_id)

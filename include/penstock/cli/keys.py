"""`penstock keys`: manage the keys of the API and their scopes."""

from typing import Annotated

import typer

from penstock.api import keys
from penstock.api.keys import Scope
from penstock.cli import show
from penstock.schema import check as check_schema
from penstock.schema import migrate_if_owner
from penstock.warehouse import connect

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke keys of the API.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The owner of the key, as the log names it.")],
    scope: Annotated[list[Scope], typer.Option(help="What it allows; can be given repeatedly.")],
    rate: Annotated[int, typer.Option(min=1, help="Requests per second.")] = 1000,
) -> None:
    """Create a key and print it once: only its hash is kept."""
    migrate_if_owner()
    with connect("loader") as connection:
        show.line(keys.create(connection, name, scope, rate))


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts: JSON.")] = False,
) -> None:
    """List all keys, the newest first, also those that were revoked."""
    check_schema()
    with connect("loader") as connection:
        show.rows(keys.every(connection), as_json, empty="No key has been made yet.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key, from `penstock keys list`.")],
) -> None:
    """Revoke a key; running servers notice within seconds."""
    migrate_if_owner()
    with connect("loader") as connection:
        keys.revoke(connection, key_id)

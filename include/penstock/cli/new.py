"""`penstock new`: skeletons of what a checkout is made of."""

from pathlib import Path
from typing import Annotated

import typer

from penstock.cli import show

app = typer.Typer(no_args_is_help=True, help="Write the skeleton of something new.")


@app.callback()
def _new() -> None:
    """With one command only, Typer would leave out its name."""


@app.command()
def dataset(
    name: Annotated[str, typer.Argument(help="Lower case letters, digits and _.")],
    sample: Annotated[Path, typer.Option("--from", help="A file of it: .csv, .tsv or .jsonl.")],
    root: Annotated[
        Path | None, typer.Option(help="The checkout to write into; else the one this runs from.")
    ] = None,
) -> None:
    """A dataset from a sample file: declaration, sample, models, tests, its row in the README."""
    from penstock import scaffold

    for path in scaffold.new_dataset(name, sample, (root or scaffold.ROOT).absolute()):
        show.line(path)
    show.line(
        "Next: say what the columns mean, put made-up records into the sample, declare the rules "
        "of the domain; then `make lint` and `make test`.",
        err=True,
    )

"""`penstock new`: write the skeleton of a new dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from penstock.cli import show
from penstock.errors.display import excerpt

if TYPE_CHECKING:
    from penstock.scaffold import Sample

app = typer.Typer(no_args_is_help=True, help="Write the skeleton of something new.")


@app.callback()
def _new() -> None:
    """Keep the name of the only command: without a callback, Typer would drop it."""


@app.command()
def dataset(
    name: Annotated[str, typer.Argument(help="Lower case letters, digits and _.")],
    samples: Annotated[
        list[Path],
        typer.Option("--from", help="A sample file, or a folder of them; can be given repeatedly."),
    ],
    root: Annotated[
        Path | None,
        typer.Option(help="The checkout to write into. Default: PENSTOCK_DATASETS, or this one."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what was found and why, and write nothing.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what was found and why, and write it.")
    ] = False,
) -> None:
    """Write a dataset from sample files: declaration, sample, models, tests."""
    from penstock import scaffold

    sample = scaffold.read(name, *samples)
    if dry_run or explain:
        show.rows(_columns(sample), False)
        show.line(_format_line(sample))
        show.line(_key_line(sample))
    for note in sample.notes:
        show.line(note, err=True)
    if dry_run:
        return
    for path in scaffold.skeleton(name, sample, root).write():
        show.line(path)
    show.line(
        "Next: say what the columns mean, put made-up records into the sample, declare the rules "
        "of the domain; then `make lint` and `make test`.",
        err=True,
    )


def _columns(sample: "Sample") -> list[dict[str, object]]:
    """One row for each column."""
    return [
        {
            "column": field.column.name,
            "header": excerpt(field.header),
            "type": type(field.column).__name__,
            "nullable": "no" if field.column.required else "yes",
            "why": field.why,
            "example": field.example,
        }
        for field in sample.fields
    ]


def _format_line(sample: "Sample") -> str:
    from penstock.scaffold.skeleton import declaration

    form = declaration(sample.form)
    encoding = f" in {sample.encoding}" if sample.encoding else ""
    return f"format: *{sample.suffix} as {form}{encoding}; {sample.count:,} records were looked at"


def _key_line(sample: "Sample") -> str:
    if sample.key:
        return (
            f"key: {sample.key}, which is named as keys are and has a value of its own in each "
            "record; of records with the same one, the last stands"
        )
    return (
        "key: none, for no column is named as keys are (id, key, code, uuid) and has a value of "
        "its own in each record; a new version of a file replaces the old one's rows"
    )

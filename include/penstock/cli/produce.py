"""`penstock produce`: create files and land them, for trials and load tests."""

import os
import secrets
from concurrent.futures import ProcessPoolExecutor
from typing import Annotated

import typer

from penstock.cli import show
from penstock.intake import step_chains as chains

app = typer.Typer(no_args_is_help=True, help="Create files and land them.")


@app.callback()
def _main() -> None:
    """Keep the name of the only command: without a callback, Typer would drop it."""


@app.command("step-chains")
def step_chains(
    numbers: Annotated[int, typer.Option(min=1, help="How many numbers to draw.")],
    producers: Annotated[
        int, typer.Option(min=1, help="How many producers, each with a file.")
    ] = 1,
    seed: Annotated[str | None, typer.Option(help="The same seed lands the same files.")] = None,
) -> None:
    """Draw numbers and land a message for each step of their chains."""
    run = secrets.token_hex(8) if seed is None else seed
    shares = chains.shares(numbers, producers)
    with ProcessPoolExecutor(min(len(shares), os.cpu_count() or 1)) as pool:
        every = range(len(shares))
        for path in pool.map(chains.produce, [run] * len(shares), every, shares):
            show.line(path)

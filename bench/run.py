"""`make bench`: compare Penstock with its alternatives, in one run on one machine.

Each round runs each contender once, so that other load on the machine affects all of them. The
table shows medians. The baseline is a bare COPY of the same file in the same run.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench import contender, picture, report
from bench.competitors import MODULES, Does
from bench.contender import Measured
from bench.generate import Recipe, generate
from bench.report import Contender, Outcome
from bench.warehouse import Warehouse

RESULTS = Path(__file__).parent / "results"
UPDATE_ROWS = 10_000
LARGE = ("bare_copy", "adbc")  # competitors for the large file
PENSTOCK = Does(
    row_checks="every row, Great Expectations",
    quarantine="row, line, reasons",
    exactly_once="yes, resumes by block",
)


Run = tuple[str, int, tuple[Measured, ...]]  # name, rows, steps


@dataclass(frozen=True)
class Files:
    """The generated files of one size.

    All contenders load `plain`. Only Penstock loads the other one: `changes` updates products of
    `plain`, and `ragged` has some rows with a wrong number of fields.
    """

    recipe: Recipe
    plain: Path
    changes: Path | None = None
    ragged: Path | None = None

    @classmethod
    def of(cls, rows: int, folder: Path, changes: bool) -> "Files":
        """The files in `folder`; generates those that do not exist."""
        recipe = Recipe(rows)
        plain = generate(recipe, folder)
        if changes:
            updates = Recipe(UPDATE_ROWS, seed=2, updates=rows)
            return cls(recipe, plain, changes=generate(updates, folder))
        return cls(recipe, plain, ragged=generate(Recipe(rows, ragged=True), folder))


def main() -> None:
    """Measure all contenders, print the tables, write JSON and SVG."""
    args = arguments()
    warehouse = Warehouse(args.data_dir / "home", args.python)
    try:
        outcomes = list(measure(warehouse, args))
    finally:
        warehouse.stop()
    found = report.Report(date.today().isoformat(), report.machine(), args.rounds, outcomes)
    report.show(found)
    args.results.mkdir(exist_ok=True)
    report.write(found, args.results / f"{found.date}.json")
    picture.write(found, args.results / f"{found.date}.svg")


def arguments() -> argparse.Namespace:
    """The command line."""
    home = Path(os.environ.get("PENSTOCK_HOME", ".penstock"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=500_000, help="of the file all load")
    parser.add_argument("--large", type=int, default=5_000_000, help="rows; 0: no large file")
    parser.add_argument("--only", nargs="*", choices=MODULES, default=list(MODULES))
    parser.add_argument("--data-dir", type=Path, default=home / "bench")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--python", default=".venv/bin/python", help="the product's Python")
    args = parser.parse_args()
    args.data_dir = args.data_dir.absolute()
    args.python = str(Path(args.python).absolute())
    return args


def measure(warehouse: Warehouse, args: argparse.Namespace) -> Iterator[Outcome]:
    """Yield the outcomes for each size, and those of the update."""
    yield from compare(warehouse, args, args.rows, args.only)
    if args.large:
        yield from compare(warehouse, args, args.large, [n for n in args.only if n in LARGE])


def compare(
    warehouse: Warehouse, args: argparse.Namespace, rows: int, modules: list[str]
) -> Iterator[Outcome]:
    """Measure all contenders with one file size."""
    files = Files.of(rows, args.data_dir, changes=rows == args.large)
    contenders = [Contender.of(name, rows) for name in modules]
    for competitor in contenders:
        if competitor.missing:
            print(f"{competitor.name}: left out, {competitor.missing}", file=sys.stderr)
    present = [competitor for competitor in contenders if not competitor.missing]
    outcomes = {competitor.name: Outcome.of(competitor) for competitor in present}
    penstock: dict[str, Outcome] = {}
    for turn in range(args.rounds):
        print(f"{rows:,} rows, round {turn + 1} of {args.rounds}", file=sys.stderr)
        for name, size, steps in run_penstock(warehouse, files):
            record(penstock.setdefault(name, Outcome(name, size, PENSTOCK)), *steps)
        for competitor in present:
            record(outcomes[competitor.name], run_competitor(warehouse, competitor.module, files))
    yield from [*outcomes.values(), *penstock.values()]


def record(outcome: Outcome, *steps: Measured) -> None:
    """Add a run to its outcome, and print it as progress."""
    outcome.add(*steps)
    print(f"  {outcome.name}: {outcome.seconds[-1]:.2f} s", file=sys.stderr)


def run_competitor(warehouse: Warehouse, module: str, files: Files) -> Measured:
    """Load the file into an empty table.

    Raises:
        RuntimeError: the competitor failed, or lost rows.
    """
    dsn = warehouse.empty_table()
    command = [sys.executable, "-m", "bench.measure", module, str(files.plain), dsn]
    measured = contender.run(command, {})
    found = warehouse.count_table()
    if found != files.recipe.rows:
        raise RuntimeError(f"{module} loaded {found:,} of {files.recipe.rows:,} rows")
    return measured


def run_penstock(warehouse: Warehouse, files: Files) -> Iterator[Run]:
    """Load the file to staging and marts, then the changes: on top of it, and into empty marts.

    Raises:
        RuntimeError: the number of products differs from that of the generator.
    """
    with warehouse.penstock("full") as product:
        staged = product.timed("stage", str(files.plain))
        yield report.STAGING, files.recipe.rows, (staged,)
        yield report.MARTS, files.recipe.rows, (staged, product.run("marts"))
        found = product.run("count").output["products"]
        if found != files.recipe.skus:
            raise RuntimeError(f"{found:,} products, but the file holds {files.recipe.skus:,}")
        if files.changes:
            updated = product.timed("stage", str(files.changes)), product.run("marts")
            yield report.UPDATE, UPDATE_ROWS, updated
    with warehouse.penstock("other") as product:
        if files.changes:
            alone = product.timed("stage", str(files.changes)), product.run("marts")
            yield report.UPDATE_EMPTY, UPDATE_ROWS, alone
        else:
            ragged = product.timed("stage", str(files.ragged))
            yield report.RAGGED, files.recipe.rows, (ragged,)


if __name__ == "__main__":
    main()

"""`make bench`: Penstock and what people would use instead, in one run on one machine.

Every round runs each contender once, in turn, so that a busy minute hits all alike; the table shows
medians. A bare COPY of the same file in the same round is the measure.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench import contender, picture, report
from bench.competitors import MODULES, Does
from bench.generate import Recipe, generate
from bench.report import Contender, Outcome
from bench.warehouse import Warehouse

RESULTS = Path(__file__).parent / "results"
UPDATE_ROWS = 10_000
LARGE = ("bare_copy", "adbc")  # what a file of millions is worth measuring with
PENSTOCK = Does(
    row_checks="every row, Great Expectations",
    quarantine="row, line, reasons",
    exactly_once="yes, resumes by block",
)


def main() -> None:
    """Measure, print the table, write JSON and the picture."""
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
    """The outcomes for each size, and of the update."""
    yield from compare(warehouse, args, args.rows, args.only)
    if args.large:
        only = [name for name in args.only if name in LARGE]
        yield from compare(warehouse, args, args.large, only, update=True)


def compare(
    warehouse: Warehouse,
    args: argparse.Namespace,
    rows: int,
    modules: list[str],
    update: bool = False,
) -> Iterator[Outcome]:
    """All contenders on one file; `update` also changes 10,000 of its products afterwards."""
    recipe = Recipe(rows)
    path = generate(recipe, args.data_dir)
    changes = generate(Recipe(UPDATE_ROWS, seed=2, updates=rows), args.data_dir) if update else None
    contenders = [Contender.of(name, rows) for name in modules]
    for known in contenders:
        if known.missing:
            print(f"{known.name}: left out, {known.missing}", file=sys.stderr)
    present = [known for known in contenders if not known.missing]
    outcomes = {known.name: Outcome.of(known) for known in present}
    penstock = {name: Outcome(name, rows, PENSTOCK) for name in report.penstock_names(update)}
    for turn in range(args.rounds):
        print(f"{rows:,} rows, round {turn + 1} of {args.rounds}", file=sys.stderr)
        for known in present:
            outcomes[known.name].add(run_competitor(warehouse, known.module, path, rows))
        run_penstock(warehouse, path, changes, recipe, penstock)
    yield from [*outcomes.values(), *penstock.values()]


def run_competitor(warehouse: Warehouse, module: str, path: Path, rows: int) -> contender.Measured:
    """Load the file into an empty table.

    Raises:
        RuntimeError: the competitor failed, or lost rows.
    """
    dsn = warehouse.empty_table()
    command = [sys.executable, "-m", "bench.measure", module, str(path), dsn]
    measured = contender.run(command, {})
    found = warehouse.count_table()
    if found != rows:
        raise RuntimeError(f"{module} loaded {found:,} of {rows:,} rows")
    return measured


def run_penstock(
    warehouse: Warehouse,
    path: Path,
    changes: Path | None,
    recipe: Recipe,
    outcomes: dict[str, Outcome],
) -> None:
    """File to staging, on to the marts, and the changes on top and by themselves.

    Raises:
        RuntimeError: the products are not as many as the generator says.
    """
    product = warehouse.penstock("full")
    staged = product.timed("stage", str(path))
    outcomes[report.STAGING].add(staged)
    outcomes[report.MARTS].add(staged, product.timed("marts"))
    found = product.run("count").said["products"]
    if found != recipe.skus:
        raise RuntimeError(f"{found:,} products, but the file holds {recipe.skus:,}")
    if changes:
        updated = product.timed("stage", str(changes)), product.timed("marts")
        outcomes[report.UPDATE].add(*updated)
        empty = warehouse.penstock("empty")
        outcomes[report.UPDATE_EMPTY].add(empty.timed("stage", str(changes)), empty.timed("marts"))
        empty.drop()
    product.drop()


if __name__ == "__main__":
    main()

"""Gives the files of `docs/files.md` to other tools and writes `docs/files-compared.md`.

`make bench-files` exports the files with Penstock's Python first; this runs in the benchmark's.
"""

import argparse
import importlib.metadata
import json
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg

from bench.files.compare import right
from bench.files.readers import READERS, File, NoReader
from bench.warehouse import Warehouse

PAGE = Path(__file__).parents[2] / "docs" / "files-compared.md"
HEADING = (Path(__file__).parent / "heading.md").read_text()
NOTHING = "does not read such files"


def main() -> None:
    """Ask every tool about every file, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where tests.files.export wrote to")
    parser.add_argument("--python", default=".venv/bin/python", help="the product's Python")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    cases = json.loads((args.folder / "cases.json").read_text())
    warehouse = Warehouse(args.folder.absolute() / "home", str(Path(args.python).absolute()))
    try:
        dsn = warehouse.fresh("files")
        with psycopg.connect(dsn) as connection:
            server = f"Postgres {connection.info.server_version // 10000}"
        answered = [(case, answers(case, dsn)) for case in cases]
    finally:
        warehouse.stop()
    PAGE.write_text("\n".join(page(answered, server)) + "\n")
    print(PAGE)


def answers(case: dict[str, Any], dsn: str) -> dict[str, str]:
    """What each tool makes of one file."""
    path = Path(case["path"])
    file = File(path, case["form"], case["declared"], case["columns"])
    found = {name: _answer(read, file, dsn, case) for name, read in READERS.items()}
    print(f"  {path.name}: {found}", file=sys.stderr)
    return found


def _answer(read: Any, file: File, dsn: str, case: dict[str, Any]) -> str:
    try:
        rows = read(file, dsn)
    except NoReader:
        return NOTHING
    except Exception:  # whatever a tool raises is its answer
        return "refuses the file"
    good = right(case["rows"], case["names"], rows)
    others = len(rows) - good
    return f"{good} of {len(case['rows'])}" + f", and {others} other" * bool(others)


def page(answered: list[tuple[dict[str, Any], dict[str, str]]], server: str) -> Iterator[str]:
    """The page, line by line."""
    versions = ", ".join(
        f"{n} {importlib.metadata.version(n)}" for n in ("pandas", "duckdb", "dlt")
    )
    yield HEADING.format(date=date.today().isoformat(), versions=f"{server}, {versions}").rstrip()
    head = ("The file", "Penstock", *READERS)
    for area, of_area in groupby(answered, lambda pair: pair[0]["area"]):
        yield f"\n## {area}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}"
        yield from _lines(list(of_area))


def _lines(answered: list[tuple[dict[str, Any], dict[str, str]]]) -> Iterator[str]:
    for case, answer in answered:
        cells = (case["kind"], case["penstock"], *(answer[name] for name in READERS))
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()

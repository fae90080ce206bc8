"""Writes every case as a file, with what Penstock makes of it, for `make bench-files`.

`python -m tests.files.export FOLDER`: the files, and `cases.json` about them.
"""

import json
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from penstock.check import Report, check
from penstock.declare.formats import Csv, Excel, Listing
from tests.files.case import Case
from tests.files.cases import AREAS


def main(folder: Path) -> None:
    """Write the files, and `cases.json`."""
    told = [
        _told(area, case, case.write(folder / str(number)))
        for area, cases in AREAS.items()
        for number, case in enumerate(cases, 1000 * [*AREAS].index(area))
        if not isinstance(case.dataset.format_of(case.name), Listing)
    ]
    (folder / "cases.json").write_text(json.dumps(told, default=_plain, indent=1))


def _told(area: str, case: Case, place: Path) -> dict[str, Any]:
    form = case.dataset.format_of(case.name)
    report = check(case.dataset, case.name, place)
    columns = {c.name: c.sql_type for c in case.dataset.columns}
    return {
        "area": area,
        "kind": case.kind,
        "path": str(place.absolute()),
        "declared": _declared(case),
        "form": type(form).__name__,
        "columns": columns,
        "names": list(case.columns or columns),
        "rows": [list(row) for row in case.rows],
        "penstock": _answer(report, len(case.rows)),
    }


def _declared(case: Case) -> dict[str, Any]:
    """What the dataset says of how the file is written, as far as other tools can be told."""
    form, said = case.dataset.format_of(case.name), {}
    if isinstance(form, Csv):
        known = ("separator", "quote", "escape", "comment", "header", "nulls")
        said = {name: getattr(form, name) for name in known}
    if isinstance(form, Excel):
        said = {"sheet": form.sheet}
    return said | {"encoding": case.dataset.encoding}


def _answer(report: Report, meant: int) -> str:
    if report.rejected:
        return "refuses the file"
    refused = f", refuses {report.bad}" * bool(report.bad)
    return f"{report.good} of {meant}{refused}"


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case Decimal():
            return {"number": str(value)}
    raise TypeError(type(value))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

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
from penstock.formats import Csv, Listing
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
        "separator": form.separator if isinstance(form, Csv) else None,
        "form": type(form).__name__,
        "columns": columns,
        "names": list(case.columns or columns),
        "rows": [list(row) for row in case.rows],
        "penstock": _answer(report, len(case.rows)),
    }


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

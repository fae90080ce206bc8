"""Print rows for people (tables, thousands separators, UTC) or scripts (JSON)."""

import csv
import json
import logging
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from penstock import ledger
from penstock.arrivals.untaken import Kind, Untaken, lines
from penstock.errors.display import visible, without_formula

_FILE_COLUMNS = (
    *("file_id", "dataset", "path", "version", "state", "rows_good"),
    *("rows_standing", "rows_replaced", "rows_deduplicated", "rows_bad", "sealed_at", "reason"),
)

_MANY = 100  # files; after a larger load, only some are listed


def files(found: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print files of the ledger: all columns as JSON, or the main ones as a table."""
    if as_json:
        rows(found, True)
        return
    main_columns = [{n: f[n] for n in _FILE_COLUMNS if n in f} | _why(f) for f in found]
    rows(main_columns, False, empty="No file has landed yet; `penstock datasets` shows where to.")
    for file in found:
        for note in file.get("notes") or ():
            line(f"warning: {file['path']} (file {file['file_id']}): {note}")


def _why(file: Mapping[str, Any]) -> dict[str, str | None]:
    if file.get("waits_for"):
        return {"reason": f"waits until {_plain(file['retry_at'])}: {file['waits_for']}"}
    return {"reason": file.get("reason")}


def loaded(found: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print the outcome of a load; of many files, only those that need attention."""
    if not as_json and len(found) > _MANY:
        line(f"{len(found):,} files: {_counted(found)}")
        found = [f for f in found if _needs_attention(f)][:_MANY]
    elif not as_json and not found:
        line("No new file.")
    if found or as_json:
        files(found, as_json)


def untaken(found: Sequence[Untaken]) -> bool:
    """Print what is not taken from the landing zone; returns whether a person must act.

    Unreadable folders are left out: they are reported with the files that wait.
    """
    shown = [one for one in found if one.kind not in (Kind.READY, Kind.UNREADABLE)]
    for text in lines(shown):
        line(f"not taken: {text}", err=True)
    return any(one.needs_person for one in shown)


def _needs_attention(file: Mapping[str, Any]) -> bool:
    return file["state"] == ledger.State.REJECTED or bool(
        file.get("waits_for") or file.get("notes")
    )


def _counted(found: Sequence[Mapping[str, Any]]) -> str:
    states = Counter(file["state"] for file in found)
    return ", ".join(f"{count:,} {state}" for state, count in states.most_common())


def rows(
    found: Sequence[Mapping[str, Any]], as_json: bool, empty: str = "Nothing to show."
) -> None:
    """Print a table, or a JSON array."""
    if as_json:
        print(json.dumps([dict(row) for row in found], default=_plain, indent=2))  # noqa: T201
        return
    console = Console(width=None if Console().is_terminal else 200)
    if not found:
        console.print(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in found[0]:
        numeric = all(isinstance(row[name], int | None) for row in found)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in found:
        table.add_row(*(escape(visible(_cell(name, value))) for name, value in row.items()))
    console.print(table)


def fields(values: Mapping[str, Any]) -> None:
    """Print each name with its value on a line."""
    width = max(map(len, values))
    for name, value in values.items():
        line(f"{name.replace('_', ' '):<{width}}  {_cell(name, value)}")


def line(text: object, *, err: bool = False) -> None:
    """Print one line of text with control characters escaped."""
    print(visible(str(text)), file=sys.stderr if err else sys.stdout)


def csv_rows(found: Sequence[Mapping[str, Any]], columns: Sequence[str], *, raw: bool) -> None:
    """Print CSV for spreadsheets and scripts; unless `raw`, no field can be a formula.

    Control characters are escaped only if standard output is a terminal.
    """
    out = csv.writer(sys.stdout)
    out.writerow(columns)
    for row in found:
        out.writerow([_csv_field(name, row[name], raw) for name in columns])


def _csv_field(name: str, value: Any, raw: bool) -> Any:
    if isinstance(value, int | datetime | None):
        return value
    text = _cell(name, value)
    if sys.stdout.isatty():
        text = visible(text)
    return text if raw else without_formula(text)


class Visible(logging.Formatter):
    """Formats log lines with control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, with the lines of a traceback below it."""
        return "\n".join(map(visible, super().format(record).split("\n")))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Format the message as one line."""
        return visible(super().formatMessage(record))


def _cell(name: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return _plain(value)
        case bool():
            return "yes" if value else "no"
        case int() if not name.endswith("_id") and name not in ("version", "line", "pid"):
            return f"{value:,}"
        case list():
            return "; ".join(map(str, value))
    return str(value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)

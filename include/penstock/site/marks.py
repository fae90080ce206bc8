"""Shows the text of a record with its faulty parts marked."""

from collections.abc import Sequence

from markupsafe import Markup

from penstock import datasets
from penstock.api.database import Row
from penstock.errors import PenstockError
from penstock.errors.display import visible
from penstock.formats import spans
from penstock.formats.dialect import from_json
from penstock.formats.spans import Span

MOST_SHOWN = 2000
"""Characters of a record that a page shows."""


def marked(record: Row, file: Row) -> Markup:
    """Return the `raw` text of a record in one line, its faulty parts as `<mark>`.

    `record` has raw and reasons; `file` dataset, path, columns and dialect.
    """
    raw = record["raw"][:MOST_SHOWN]
    return _with_marks(raw, _faulty(record, file)) + _rest(len(record["raw"]) - len(raw))


def _faulty(record: Row, file: Row) -> Sequence[Span]:
    dialect = from_json(file["dialect"]) if file["dialect"] else None
    try:
        dataset = datasets.get(file["dataset"])
        columns, path = file["columns"], file["path"]
        return spans.faulty(
            dataset, path, columns, dialect, record["raw"][: 4 * MOST_SHOWN], record["reasons"]
        )
    except PenstockError:  # the dataset is gone, or takes no such file any more
        return []


def _with_marks(raw: str, found: Sequence[Span]) -> Markup:
    shown, at = Markup(), 0
    for start, end in found:
        if start > len(raw):
            break
        shown += Markup("{}<mark{}>{}</mark>").format(
            visible(raw[at:start]),
            Markup("") if start < end else Markup(' class="gap" title="nothing is here"'),
            visible(raw[start:end]),
        )
        at = end
    return shown + Markup("{}").format(visible(raw[at:]))


def _rest(count: int) -> Markup:
    text = f"… and {count:,} characters more" if count > 0 else ""
    return Markup(' <span class="soft">{}</span>').format(text) if text else Markup()

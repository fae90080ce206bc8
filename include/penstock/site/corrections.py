"""Corrections that a form sends: what a form can carry, and what would still be refused."""

import re
import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from penstock import datasets
from penstock.declare.formats import Json
from penstock.declare.suffixes import plain_name
from penstock.errors import PenstockError, RejectFile
from penstock.errors.display import visible

MOST_CHARACTERS = 5000
"""Characters of a record that a form edits."""

_MOST_REASONS = 5  # in a message
_ESCAPE = re.compile(r"\\x[0-9a-f]{2}")


def why_not_in_a_form(raw: str) -> str | None:
    """Why a form would change the record `raw` unseen; None if it would not."""
    if len(raw) > MOST_CHARACTERS:
        return f"it has {len(raw):,} characters, a form takes {MOST_CHARACTERS:,}"
    plain = raw.replace("\n", "").replace("\t", "")
    if visible(plain) != plain:
        return "it holds characters that a form does not keep"
    return None


def corrected(text: str, raw: str) -> tuple[str, str | None]:
    r"""Return the corrected text of the record `raw`, and what is wrong with it.

    A form sends each line end as CRLF, and the quarantine shows a byte that is not text as `\xNN`:
    to land that as text would change the record unseen.
    """
    text = text.replace("\r\n", "\n")
    if why := why_not_in_a_form(raw):
        return text, f"{why}: upload a corrected file, or leave it out"
    if not text.strip():
        return text, "it is empty: correct it, or leave it out"
    if _ESCAPE.search(raw) and (found := _ESCAPE.search(text)):
        return text, f"{found[0]} stands for a byte that is not text: write what was meant instead"
    return text, None


def still_refused(file: dict[str, Any], data: bytes, texts: Sequence[str]) -> dict[int, list[str]]:
    """Return the reasons of each of `texts` that would be refused, by its place in them.

    `data` is the corrected file that holds them; `file` the one that it mends.

    Raises:
        RejectFile: the whole of it would be rejected, or it does not hold just these records.
    """
    from penstock.check import judged  # loads Great Expectations

    dataset = datasets.get(file["dataset"])
    name = plain_name(file["path"])
    path = name if dataset.accepts(name) else file["path"]
    first = data.count(b"\n") + 1 - sum(text.count("\n") + 1 for text in texts)
    starts = [*accumulate((text.count("\n") + 1 for text in texts), initial=first)]
    if isinstance(dataset.format_of(path), Json):
        starts = [*range(1, len(texts) + 2)]
    reasons: dict[int, list[str]] = {}
    records = 0
    with tempfile.TemporaryDirectory(prefix="penstock-mend-") as folder:
        place = Path(folder) / "corrected"
        place.write_bytes(data)
        for block in judged(dataset, path, place, [], lambda *_: None):
            records += int(block.verdict.good.sum()) + len(block.refused)
            for refused in block.refused:
                reasons[bisect_right(starts, refused.line) - 1] = refused.reasons
    if records != len(texts):
        raise RejectFile(
            f"the corrections hold {records:,} records, expected {len(texts):,}: check quotes and"
            " line ends"
        )
    return reasons


def check_file(file: dict[str, Any], place: Path) -> None:
    """Check that all records of an uploaded file are good, which mends `file`.

    Raises:
        PenstockError: some would be refused, or all of it; the message says why.
    """
    from penstock.check import check  # loads Great Expectations

    dataset = datasets.get(file["dataset"])
    name = plain_name(file["path"])
    report = check(dataset, name if dataset.accepts(name) else file["path"], place)
    if not report.passes:
        reasons = "".join(f"; {r.kind} ({r.records:,})" for r in report.reasons[:_MOST_REASONS])
        raise PenstockError(f"nothing has landed: the file {report.summary}{reasons}")

"""The report of a check: counts, reasons with their first examples, notes, and the verdict."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from penstock.declare.dataset import Dataset
from penstock.errors.rules import rule_of
from penstock.formats.parsed import Refused

MOST_EXAMPLES = 3
"""Records that are kept of each kind of reason."""

MOST_REASONS = 500
"""Kinds of reasons that are counted: a broken file can have one for each line."""

MOST_RAW = 500
"""Characters of a record that are kept."""

_OTHER = "other reasons"


@dataclass(frozen=True)
class Example:
    """A refused record: the line on which it starts, why, and its text, cut where it is long."""

    line: int
    reason: str
    raw: str


@dataclass
class Reason:
    """A reason why records are refused, with their count, the column, and the first of them.

    Reasons that differ only in what was found are counted as one `kind`.
    """

    kind: str
    column: str | None
    records: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, line: int, reason: str, raw: str) -> None:
        """Count a record."""
        self.records += 1
        if len(self.examples) < MOST_EXAMPLES:
            cut = f"{raw[:MOST_RAW]}…" if len(raw) > MOST_RAW else raw
            self.examples.append(Example(line, reason, cut))


@dataclass
class Report:
    """What would become of a file.

    `rejected` is why the whole file would be; None when it would be sealed. A record with several
    faults counts once in `bad`, and once with each of its `reasons`.
    """

    path: str
    dataset: str
    good: int = 0
    bad: int = 0
    rejected: str | None = None
    notes: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    @property
    def records(self) -> int:
        return self.good + self.bad

    @property
    def verdict(self) -> str:
        return "rejected" if self.rejected else "sealed"

    @property
    def passes(self) -> bool:
        """Whether the file is good throughout: it would be sealed, and no record refused."""
        return not self.rejected and not self.bad

    @property
    def summary(self) -> str:
        """The verdict and the counts in one line."""
        outcome = f"rejected: {self.rejected}" if self.rejected else self.verdict
        counts = f"{self.records:,} record{'s' * (self.records != 1)}"
        return f"would be {outcome}; {counts}, {self.good:,} good, {self.bad:,} bad"

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        known = asdict(self)
        order = ("path", "dataset", "verdict", "rejected", "records", "good", "bad")
        more = {"verdict": self.verdict, "records": self.records}
        return {name: (known | more)[name] for name in (*order, "notes", "reasons")}


class Reasons:
    """Counts refused records by reason, in memory that does not grow with the file."""

    def __init__(self, dataset: Dataset) -> None:
        self._columns = {column.name for column in dataset.columns}
        self._found: dict[str, Reason] = {}

    def add(self, refused: Sequence[Refused]) -> None:
        """Count the records, each once with each of its reasons."""
        for record in refused:
            for reason in record.reasons:
                self._of(reason).add(record.line, reason, record.raw)

    def ranked(self) -> list[Reason]:
        """The most frequent first."""
        return sorted(self._found.values(), key=lambda found: -found.records)

    def _of(self, reason: str) -> Reason:
        rule = rule_of(reason)
        column = next((c for c in [rule.partition(": ")[0]] if c in self._columns), None)
        if rule not in self._found and len(self._found) >= MOST_REASONS:
            rule, column = _OTHER, None
        return self._found.setdefault(rule, Reason(rule, column))

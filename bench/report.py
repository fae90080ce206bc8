"""Report the outcomes of a run: medians, ratios, tables, JSON."""

import importlib
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench.competitors import Does
from bench.contender import Measured

BARE = "bare COPY"
STAGING = "Penstock, file to sealed staging"
RAGGED = "Penstock, where rows lack fields too"  # COPY refuses such a file
MARTS = "Penstock, file to marts"
UPDATE = "Penstock, onto the large file's products"
UPDATE_EMPTY = "Penstock, into empty marts"


@dataclass(frozen=True)
class Contender:
    """A competitor; `missing` is the reason why it cannot run here, if any."""

    module: str
    name: str
    rows: int
    does: Does
    missing: str | None

    @classmethod
    def of(cls, module: str, rows: int) -> "Contender":
        """The competitor in the module `module`, for files of `rows` rows."""
        found = importlib.import_module(f"bench.competitors.{module}")
        missing = getattr(found, "missing", lambda: None)()
        return cls(module, found.NAME, rows, found.DOES, missing)


@dataclass
class Outcome:
    """All runs of one contender on one file: seconds, peak memory in MiB."""

    name: str
    rows: int
    does: Does
    seconds: list[float] = field(default_factory=list)
    peak_process: list[float] = field(default_factory=list)
    peak_tree: list[float] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, contender: Contender) -> "Outcome":
        """The outcome of a contender before its first run."""
        return cls(contender.name, contender.rows, contender.does)

    def add(self, *steps: Measured) -> None:
        """Add one run, which consists of consecutive `steps`."""
        self.seconds.append(sum(step.seconds for step in steps))
        self.peak_process.append(max(step.peak_process for step in steps))
        self.peak_tree.append(max(step.peak_tree for step in steps))
        self.details.append({k: v for step in steps for k, v in step.output.items()})

    @property
    def median(self) -> float:
        return median(self.seconds)

    def shares(self) -> dict[str, float]:
        """The share of each station in the time of the loading processes, if it was reported."""
        stations = [d["stations"] for d in self.details if "stations" in d]
        if not stations:
            return {}
        medians = {name: median(s[name] for s in stations) for name in stations[0]}
        return {name: seconds / sum(medians.values()) for name, seconds in medians.items()}


@dataclass(frozen=True)
class Report:
    """One run of the benchmark."""

    date: str
    machine: str
    rounds: int
    outcomes: list[Outcome]

    def ratio(self, outcome: Outcome) -> float | None:
        """Its median divided by the median of a bare COPY of the same file in the same run.

        Updates of existing products are divided by the same updates into empty marts.
        """
        baselines = BARE, UPDATE_EMPTY
        base = [o.median for o in self.outcomes if o.name in baselines and o.rows == outcome.rows]
        return outcome.median / base[0] if base else None

    def sizes(self) -> list[int]:
        """The number of rows of each file, in the order of measurement."""
        return list(dict.fromkeys(outcome.rows for outcome in self.outcomes))

    def ranked(self, rows: int) -> list[Outcome]:
        """The outcomes on one file, the fastest first."""
        return sorted((o for o in self.outcomes if o.rows == rows), key=lambda o: o.median)


def machine() -> str:
    """The machine in one line: cores, memory, operating system."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()}"


def rows_of(report: Report, rows: int) -> Iterator[tuple[str, ...]]:
    """The lines of the table for one file."""
    for outcome in report.ranked(rows):
        ratio = report.ratio(outcome)
        yield (
            outcome.name,
            f"{outcome.median:.2f}",
            f"{ratio:.2f}" if ratio else "",
            f"{median(outcome.peak_process):.0f}",
            outcome.does.row_checks,
            outcome.does.quarantine,
            outcome.does.exactly_once,
        )


def table(report: Report, rows: int) -> str:
    """A Markdown table with padded columns, so that it is readable in a terminal too."""
    head = ("", "seconds", "ratio", "peak MiB", "row checks", "quarantine", "exactly once")
    lines = [head, *rows_of(report, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        f"| {' | '.join(cell.ljust(w) for cell, w in zip(line, widths, strict=True))} |"
        for line in lines
    )


def show(report: Report) -> None:
    """Print the tables."""
    print(f"{report.date}, {report.machine}, medians of {report.rounds}")
    for rows in report.sizes():
        print(f"\n{rows:,} rows\n\n{table(report, rows)}")
        for outcome in report.ranked(rows):
            if outcome.name == STAGING:
                shares = ", ".join(f"{name} {part:.0%}" for name, part in outcome.shares().items())
                print(f"\nTime of the loading processes: {shares}")


def write(report: Report, path: Path) -> None:
    """Write the whole report as JSON, including the figures of each run."""
    outcomes = [
        asdict(o) | {"median": o.median, "ratio": report.ratio(o), "shares": o.shares()}
        for o in report.outcomes
    ]
    path.write_text(json.dumps(asdict(report) | {"outcomes": outcomes}, indent=1) + "\n")

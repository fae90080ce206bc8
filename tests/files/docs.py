"""The tables of `docs/files.md`: a row for each case, under the heading of its area."""

import re
from collections.abc import Sequence

from tests.files.case import Case
from tests.files.cases import AREAS
from tests.programs import ROOT

PAGE = ROOT / "docs" / "files.md"
HEAD = "| The file | What Penstock does |\n|---|---|\n"


def with_tables(page: str) -> str:
    """`page` with its tables written anew; what stands around them stays."""
    for heading, cases in AREAS.items():
        table = re.compile(
            rf"(^## {re.escape(heading)}\n(?:(?!^## ).*\n)*?){re.escape(HEAD)}(?:\|.*\n)*",
            re.MULTILINE,
        )
        page, times = table.subn(lambda found, cases=cases: found[1] + _table(cases), page)
        assert times == 1, f"docs/files.md lacks a table below '## {heading}'"
    return page


def _table(cases: Sequence[Case]) -> str:
    return HEAD + "".join(f"| {case.kind} | {case.does} |\n" for case in cases)

"""The refused records of each block of a batch, by the parser and by the checks."""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from penstock.formats.parsed import Parsed, Refused
from penstock.validate.verdict import Verdict


def first_rows(parsed: Sequence[Parsed]) -> NDArray[np.int64]:
    """The first row of each block in the batch, and the number of all rows."""
    return np.cumsum([0, *(len(p.lines) for p in parsed)])


def refused_records(parsed: Sequence[Parsed], verdict: Verdict) -> list[list[Refused]]:
    """The refused records of each block, in the order of their lines."""
    refused = [[*p.refused] for p in parsed]
    starts, lines = first_rows(parsed), verdict.frame.index.to_numpy()
    for row, reasons in verdict.reasons.items():
        of = int(np.searchsorted(starts, row, side="right")) - 1
        line = int(lines[row])
        refused[of].append(Refused(line, parsed[of].raw(line), reasons))
    return [sorted(of_block, key=attrgetter("line")) for of_block in refused]

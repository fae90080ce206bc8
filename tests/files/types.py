"""How values are written: times, numbers, booleans."""

from tests.files.case import Case

CASES: list[Case] = []

"""Excel: whatever a workbook lacks is the file's fault, never the machine's."""

from pathlib import Path

import pytest

from penstock.errors import RejectFile
from penstock.formats.excel import Sheet
from tests.files.workbook import workbook

GOOD = workbook({"A": [["id", "name"], [1, "a"]]})


@pytest.mark.parametrize("data", [GOOD[10:], GOOD[:-10], GOOD[:100] + b"x" * 50 + GOOD[150:]])
def test_a_workbook_that_lacks_bytes_is_rejected(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(RejectFile, match="no Excel workbook, or a damaged one"):
        Sheet(tmp_path / "a.xlsx", None)

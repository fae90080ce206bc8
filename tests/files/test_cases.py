"""Each kind of file comes to what the docs say, through the same stations as a load."""

from pathlib import Path
from typing import Any

import pytest

from penstock.check import check, judged
from penstock.errors import RejectFile
from penstock.formats.frames import arrow
from penstock.settings import settings
from tests.files.case import Case
from tests.files.cases import ALL
from tests.files.docs import PAGE, with_tables


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ALL])
def test_a_file_comes_to_what_the_docs_say(case: Case, tmp_path: Path) -> None:
    place = case.write(tmp_path)

    report = check(case.dataset, case.name, place)
    rows, refused = _outcome(case, place)

    if case.rejected is None:
        assert report.rejected is None
    else:
        assert case.rejected in (report.rejected or "")
    assert rows == [*case.rows]
    assert (report.good, report.bad) == (len(case.rows), len(case.refused))
    assert refused.keys() == case.refused.keys()
    for line, reason in case.refused.items():
        assert reason in refused[line]
    for note in case.notes:
        assert any(note in told for told in report.notes), report.notes
    assert bool(case.notes) == bool(report.notes), report.notes


def test_the_docs_have_a_row_for_each_case_and_no_other() -> None:
    page = PAGE.read_text()
    assert page == with_tables(page), "run `python -m tests.files`, which writes the tables anew"
    assert len({case.name for case in ALL}) == len(ALL)


def _outcome(case: Case, place: Path) -> tuple[list[tuple[Any, ...]], dict[int, str]]:
    """The good rows, and the reasons of each refused line."""
    rows: list[tuple[Any, ...]] = []
    refused: dict[int, str] = {}
    try:
        for block in judged(case.dataset, case.name, place, [], lambda *_: None):
            frame = block.verdict.frame[block.verdict.good]
            names = case.columns or [column.name for column in case.dataset.columns]
            rows += zip(*(arrow(frame[name]).to_pylist() for name in names), strict=True)
            refused |= {record.line: "; ".join(record.reasons) for record in block.refused}
    except RejectFile:
        pass
    return rows, refused

"""Kinds of files through the real stations: the warehouse holds what `docs/files.md` says."""

from dataclasses import replace

import psycopg

from penstock.declare.dataset import Dataset
from tests.files import containers, encodings, fixed, json
from tests.files.case import Case
from tests.files.cases import ALL
from tests.files.datasets import ITEMS
from tests.pipeline import ingest, land


def test_other_formats_and_encodings_reach_the_warehouse(home, warehouse, declare) -> None:
    areas = (encodings, containers, json, fixed)
    cases = [case for area in areas for case in area.CASES if case.dataset is not ITEMS]
    declared: dict[int, Dataset] = {}
    for case in cases:
        name = f"kind_{len(declared)}"
        declared.setdefault(id(case.dataset), replace(case.dataset, name=name, folder=name))
    declare(*declared.values())
    for case in cases:
        land(declared[id(case.dataset)].name, case.name, case.content)

    for dataset in declared.values():
        ingest(dataset.name)

    assert len(declared) > 4
    for case in cases:
        _compare(warehouse, case, declared[id(case.dataset)])


def test_the_warehouse_holds_what_the_docs_say(home, warehouse, declare) -> None:
    cases = [case for case in ALL if case.dataset is ITEMS]
    declare(ITEMS)
    for case in cases:
        land("items", case.name, case.content)

    ingest("items")

    for case in cases:
        _compare(warehouse, case, ITEMS)


def _compare(warehouse: psycopg.Connection, case: Case, dataset: Dataset) -> None:
    file_id, state, reason, notes = warehouse.execute(
        "SELECT file_id, state, reason, notes FROM ingest.file WHERE path = %s", [case.name]
    ).fetchone()
    columns = case.columns or [column.name for column in dataset.columns]
    named = ", ".join(f'"{name}"' for name in columns)
    rows = warehouse.execute(
        f"SELECT {named} FROM staging.{dataset.name} WHERE _file_id = %s ORDER BY _row", [file_id]
    ).fetchall()
    refused = warehouse.execute(
        "SELECT line, array_to_string(reasons, '; ') FROM ingest.quarantine WHERE file_id = %s",
        [file_id],
    ).fetchall()

    assert state == ("rejected" if case.rejected else "sealed"), (case.name, reason)
    assert (case.rejected or "") in (reason or "")
    assert rows == [*case.rows], case.name
    assert {line for line, _ in refused} == case.refused.keys(), case.name
    assert all(case.refused[line] in told for line, told in refused), (case.name, refused)
    assert all(any(part in note for note in notes) for part in case.notes), (case.name, notes)

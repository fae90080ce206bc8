"""What people do to files: retract, reject and replay them; each is recorded, none is lost."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from penstock import datasets, ledger
from penstock.arrivals import retracted
from penstock.errors import PenstockError
from penstock.files import landing
from penstock.ledger import Action
from penstock.marts import build, lineage
from penstock.stations import actions, perform, sense, verify
from penstock.stations.load import load
from penstock.stations.plan import plan
from penstock.warehouse import connect
from tests.integration.arrivals.test_unpack import zipped
from tests.pipeline import (
    ask,
    configure,
    counts,
    events,
    exit_code,
    fork,
    ingest,
    land,
    land_samples,
    products,
    replay,
    settle,
    states,
)


def retract(file_id: int) -> Action:
    """Retract a file, at once."""
    return perform.now(actions.retract(file_id, "mia", "sent by mistake"))


def emails(warehouse: psycopg.Connection) -> int:
    return int(ask(warehouse, "SELECT count(*) FROM marts.events")[0][0])


def agrees(*names: str) -> list[verify.Difference]:
    """What `verify` finds, with the marts made anew."""
    return [found for name in names for found in verify.verify(name, marts=True)]


def test_the_rows_of_a_retracted_file_leave_the_marts_and_a_replay_brings_them_back(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(3, 1))
    land("events", "y.txt", events(2, tag="other"))
    ingest("events")
    build.build("events")
    assert emails(warehouse) == 5
    done = retract(1)
    assert done.done_at
    (row,) = ask(warehouse, "SELECT state, reason, built_at FROM ingest.file WHERE file_id = 1")
    assert row == ("superseded", "retracted by mia: sent by mistake", None)
    assert sense.unfinished("events"), "or nobody would build"
    build.build("events")
    assert emails(warehouse) == 2
    assert agrees("events") == []
    (place,) = ask(warehouse, "SELECT location FROM ingest.file WHERE file_id = 1")[0]
    assert Path(place).is_file()
    with pytest.raises(PenstockError, match="file 1 is superseded: it has no rows in the marts"):
        retract(1)
    replay(1)
    ingest("events")
    build.build("events")
    assert emails(warehouse) == 5
    assert agrees("events") == []


def test_the_same_content_loads_again_after_it_was_retracted(
    warehouse: psycopg.Connection,
) -> None:
    for _ in range(2):
        land("events", "x.txt", events(3))
        ingest("events")
        build.build("events")
        assert emails(warehouse) == 3
        retract(ask(warehouse, "SELECT max(file_id) FROM ingest.file")[0][0])
        build.build("events")
        assert emails(warehouse) == 0
    assert states(warehouse) == {("x.txt", 1): "superseded", ("x.txt", 2): "superseded"}


def test_an_older_version_comes_back_by_a_replay_once_the_newer_is_retracted(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(3, tag="old"))
    ingest("events")
    land("events", "x.txt", events(2, tag="new"))
    ingest("events")
    with pytest.raises(PenstockError, match="file 1 is superseded: another version counts"):
        replay(1)
    retract(2)
    build.build("events")
    assert emails(warehouse) == 0, "an older version does not come back by itself"
    assert replay(1) == 3
    ingest("events")
    build.build("events")
    assert emails(warehouse) == 3
    with pytest.raises(PenstockError, match="file 2 is superseded: another version counts"):
        replay(2)
    assert agrees("events") == []


def test_a_retracted_file_is_replayed_once(warehouse: psycopg.Connection) -> None:
    land("products", "p.csv", products(3))
    ingest("products")
    replay(1)
    ingest("products")
    retract(2)
    replay(1)
    with pytest.raises(PenstockError, match="another version counts in its place, or will"):
        replay(2)
    ingest("products")
    with pytest.raises(PenstockError, match="another version counts in its place"):
        replay(2)
    assert counts(warehouse, "products") == (3, 3, 0)


def test_a_rejected_replay_cannot_double_the_rows_of_its_file(
    warehouse: psycopg.Connection,
) -> None:
    land("products", "p.csv", products(3))
    ingest("products")
    replay(1)
    perform.now(actions.reject(2, "mia", "not now"))
    with pytest.raises(PenstockError, match="a newer version"):
        replay(2)
    replay(1)
    ingest("products")
    assert counts(warehouse, "products") == (3, 3, 0)


@pytest.mark.parametrize(
    "name", [name for name, dataset in datasets.all_datasets().items() if not dataset.mirror]
)
def test_the_marts_of_every_dataset_after_a_retraction_equal_a_full_refresh(
    name: str, warehouse: psycopg.Connection
) -> None:
    together = lineage.built_with(name)
    land_samples(*together)
    for dataset in together:
        ingest(dataset)
    build.build(name)
    query = "SELECT max(file_id) FROM ingest.file WHERE dataset = %s AND state = 'sealed'"
    (newest,) = ask(warehouse, query, name)[0]
    retract(newest)
    build.build(name)
    assert agrees(name) == []
    replay(newest)
    ingest(name)
    build.build(name)
    assert agrees(name) == []


def test_what_cannot_be_retracted_says_why(warehouse: psycopg.Connection) -> None:
    land("events", "x.zip", zipped({"a.txt": events(3), "b.txt": events(2)}))
    land("people", "1.csv", b"first_name,last_name,birthts\nA,B,0\n")
    ingest("events")
    ingest("people")
    land("events", "y.txt", events(3))
    plan("events")
    ids = {
        path: file_id for file_id, path in ask(warehouse, "SELECT file_id, path FROM ingest.file")
    }
    archive, member = ids["x.zip"], ids["x.zip/a.txt"]
    told = f"file {archive} has no rows: retract the files that came out of it: {member} (x.zip/a"
    for file_id, why in {
        99: "no file 99",
        archive: told,
        ids["1.csv"]: "people mirrors its folder: delete 1.csv there, and its rows go with it",
        ids["y.txt"]: "is loading: reject it instead",
    }.items():
        with pytest.raises(PenstockError) as raised:
            actions.retract(file_id, "mia", "why not")
        assert why in str(raised.value)
    with pytest.raises(PenstockError, match="expected a reason"):
        actions.retract(member, "mia", " ")
    assert ask(warehouse, "SELECT * FROM ingest.action") == []


def test_a_file_is_not_retracted_while_a_newer_version_of_it_loads(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(3))
    ingest("events")
    asked = actions.retract(1, "mia", "wrong")
    land("events", "x.txt", events(4))
    plan("events")  # it arrives before the plan that would retract the older one
    with connect("reader") as connection:
        done = ledger.find_action(connection, asked.action_id)
    assert (done.done_at, done.is_open) == (None, False)
    assert "a newer version of it: wait for it, or reject it first" in str(done.refused)
    ingest("events")
    assert counts(warehouse, "events") == (4, 4, 0)


def test_what_was_asked_for_is_done_by_the_next_plan(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", events(3))
    ingest("events")
    build.build("events")
    assert not sense.unfinished("events")
    actions.retract(1, "mia", "wrong")
    assert sense.unfinished("events"), "or no run would start"
    assert states(warehouse) == {("x.txt", 1): "sealed"}
    ingest("events")
    assert states(warehouse) == {("x.txt", 1): "superseded"}


def test_a_file_that_waits_is_rejected_and_does_not_land_again(
    warehouse: psycopg.Connection, home: Path
) -> None:
    place = land("events", "x.txt", events(3))
    with connect("loader") as connection:
        file = landing.stat_file("x.txt", place)
        ledger.register(connection, "events", [file], None)
        trouble = ledger.Trouble(ledger.troubles.Fault.HOST, "the disk is away")
        ledger.hold_files(connection, "events", {1: trouble})
    perform.now(actions.reject(1, "mia", "a test file"))
    ingest("events")
    assert ask(warehouse, "SELECT state, reason, waits_for FROM ingest.file") == [
        ("rejected", "rejected by mia: a test file", None)
    ]
    assert not place.exists()
    assert (home / "rejected" / "events" / "1" / "x.txt").is_file()
    replay(1)
    ingest("events")
    assert counts(warehouse, "events") == (3, 3, 0)


def test_a_loading_file_is_rejected_before_its_seal(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", events(3))
    (part,) = plan("events")
    load("events", part)
    asked = actions.reject(1, "mia", "the wrong month")
    from penstock.stations.seal import seal

    assert seal("events").files == []
    assert states(warehouse) == {("x.txt", 1): "rejected"}
    with connect("reader") as connection:
        assert ledger.actions_of(connection, 1)[0].action_id == asked.action_id
        assert ledger.actions_of(connection, 1)[0].done_at


def test_a_finished_file_is_not_rejected(warehouse: psycopg.Connection) -> None:
    land("events", "x.txt", events(3))
    land("events", "bad.txt", events(1, 9))
    ingest("events")
    ids = {
        path: file_id for file_id, path in ask(warehouse, "SELECT file_id, path FROM ingest.file")
    }
    with pytest.raises(PenstockError, match="is sealed: retract it instead"):
        actions.reject(ids["x.txt"], "mia", "wrong")
    with pytest.raises(PenstockError, match="is rejected; only a file in flight"):
        actions.reject(ids["bad.txt"], "mia", "wrong")


def test_all_files_with_records_refused_for_a_reason_are_replayed(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", events(3, 1))
    land("events", "y.txt", events(3, 2))
    land("events", "fine.txt", events(2))
    ingest("events")
    exact = "expected 3 fields separated by ' ', found 4"
    with connect("reader") as connection:
        found = ledger.files_refused_for(connection, "events", exact)
    assert [(file["path"], file["records"]) for file in found] == [("x.txt", 1), ("y.txt", 2)]
    with pytest.raises(PenstockError, match="no file that counts has a record refused for"):
        actions.replay_refused_for("events", "another", "mia")
    asked = actions.replay_refused_for("events", exact, "mia")
    assert [action.why for action in asked] == [f"records were refused for: {exact}"] * 2
    ingest("events")
    assert counts(warehouse, "events") == (8, 8, 3)
    assert agrees("events") == []


def test_a_reason_is_a_rule_without_the_value_that_was_found(
    warehouse: psycopg.Connection,
) -> None:
    land("events", "x.txt", b"2024-01-01 a@b.org 1\nyesterday a@b.org 1\n" + events(9))
    ingest("events")
    with connect("reader") as connection:
        query, params = ledger.frequent_reasons(1)
        rules = [rule for rule, _ in connection.execute(query, params)]
        for rule in rules:
            (file,) = ledger.files_refused_for(connection, "events", rule)
            assert (file["file_id"], file["records"]) == (1, 2)
        assert ledger.files_refused_for(connection, "events", f"{rules[0]} ") == []


STEPS: list[tuple[Any, str]] = [
    (landing, "claim"),
    (ledger, "mark_claimed"),
    (ledger, "reject"),
    (ledger, "retract"),
    (retracted, "note"),
    (retracted, "forget"),
    (ledger, "register_replay"),
    (ledger, "mark_done"),
]


def _killed_at(step: int, patch: pytest.MonkeyPatch, dataset: str) -> int:
    """Plan, but be killed before the call of that number of one of our steps, or after it."""
    calls = itertools.count()

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if next(calls) == step:
                os._exit(9)
            result = real(*arguments, **named)
            if next(calls) == step:
                os._exit(9)
            return result

        return call

    def run() -> None:
        for module, name in STEPS:
            patch.setattr(module, name, watched(getattr(module, name)))
        plan(dataset)

    return exit_code(fork(run))


def test_a_kill_at_any_step_of_an_action_leaves_it_to_the_next_plan(
    warehouse: psycopg.Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, engine="in_process")
    for step in itertools.count():
        names = [f"{kind}{step}.txt" for kind in ("gone", "again", "held")]
        for name in names[:2]:
            land("events", name, events(2, tag=name))
        ingest("events")
        place = land("events", names[2], events(2))
        with connect("loader") as connection:
            ledger.register(connection, "events", [landing.stat_file(names[2], place)], None)
        ids = dict(ask(warehouse, "SELECT path, file_id FROM ingest.file WHERE version = 1"))
        asked = [
            actions.retract(ids[names[0]], "mia", "wrong"),
            actions.replay(ids[names[1]], "mia"),
            actions.reject(ids[names[2]], "mia", "wrong"),
        ]
        code = _killed_at(step, monkeypatch, "events")
        settle("events", warehouse)
        found = states(warehouse)
        assert [found[name, 1] for name in names] == ["superseded", "superseded", "rejected"]
        assert found[names[1], 2] == "sealed"
        assert (names[1], 3) not in found
        with connect("reader") as connection:
            done = [ledger.find_action(connection, action.action_id) for action in asked]
        assert all(action.done_at and not action.refused for action in done)
        assert retracted.is_noted(home / "archive" / "events" / str(ids[names[0]]))
        assert not retracted.is_noted(home / "archive" / "events" / str(ids[names[1]]))
        if code != 9:
            break
    assert step > 10
    assert counts(warehouse, "events") == (2 * (step + 1), 2 * (step + 1), 0)

"""The build station against a real warehouse and a real dbt."""

import threading
from pathlib import Path

import psycopg
import pytest

from penstock.datasets import all_datasets
from penstock.errors import PenstockError
from penstock.marts import build, dbt, docs_site, lineage
from penstock.settings import settings
from penstock.warehouse import locks
from tests.integration.marts.ledger import arrive

EVENT = {"event_time": "2000-01-01T00:00:00Z", "email": "a@example.com", "session_id": ""}


def state(warehouse: psycopg.Connection) -> list[tuple[int, str, bool]]:
    query = "SELECT file_id, state, built_at IS NOT NULL FROM ingest.file ORDER BY file_id"
    return warehouse.execute(query).fetchall()


@pytest.mark.parametrize("dataset", sorted(all_datasets()))
def test_marts_are_there_and_empty_before_anything_came(
    warehouse: psycopg.Connection, dataset: str
) -> None:
    report = build.full_refresh(dataset)
    assert set(report.rows) == set(lineage.marts(dataset))
    assert set(report.rows.values()) == {0}
    for mart in set(lineage.marts(dataset)) - {"vote_distribution"}:  # all candidates, with 0 votes
        assert not warehouse.execute(f"SELECT FROM marts.{mart}").fetchall()


def test_a_build_tells_what_it_wrote_and_marks_the_files(warehouse: psycopg.Connection) -> None:
    first = arrive(warehouse, "events", "a.txt", [EVENT, EVENT])
    report = build.build("events")
    assert (report.rows["events"], report.files) == (2, (first,))
    second = arrive(warehouse, "events", "a.txt", [EVENT])
    assert build.build("events").files == (first, second)
    assert state(warehouse) == [(first, "superseded", True), (second, "sealed", True)]


def test_nothing_to_build_starts_no_dbt(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(warehouse, "events", "a.txt", [EVENT])
    build.build("events")
    monkeypatch.setattr(dbt, "run", lambda *_: pytest.fail("dbt was run"))
    assert build.build("events").rows == {}


def test_a_failing_test_fails_the_build_by_name(warehouse: psycopg.Connection) -> None:
    file_id = arrive(warehouse, "events", "a.txt", [EVENT, EVENT])
    warehouse.execute("UPDATE ingest.file SET rows_good = 3")
    with pytest.raises(PenstockError, match=r"test whole_files_events\S*: Got 1 result") as told:
        build.build("events")
    assert "Traceback" not in str(told.value)
    assert state(warehouse) == [(file_id, "sealed", False)]
    warehouse.execute("UPDATE ingest.file SET rows_good = 2")
    assert build.build("events").rows["events"] == 2
    assert warehouse.execute("SELECT count(*) FROM marts.events").fetchone() == (2,)


@pytest.mark.parametrize("before", [0, 1])
def test_a_product_that_is_nowhere_fails_the_build(
    warehouse: psycopg.Connection, before: int
) -> None:
    product = {"sku": "a", "name": "Ann"}
    for path in ["before.csv"] * before:
        arrive(warehouse, "products", path, [product])
        build.build("products")
    lost = arrive(warehouse, "products", "lost.csv", [product])
    warehouse.execute("DELETE FROM staging.products WHERE _file_id = %s", [lost])
    with pytest.raises(PenstockError, match=r"test every_row_is_kept\S*: Got 1 result"):
        build.build("products")
    assert (lost, "sealed", False) in state(warehouse)


def test_a_failing_model_fails_the_build_by_name(warehouse: psycopg.Connection) -> None:
    file_id = arrive(warehouse, "events", "a.txt", [EVENT])
    warehouse.execute("REVOKE SELECT ON staging.events FROM penstock_transformer")
    with pytest.raises(PenstockError, match=r"model events: .*permission denied"):
        build.build("events")
    assert state(warehouse) == [(file_id, "sealed", False)]


def test_builds_of_one_dataset_queue(warehouse: psycopg.Connection) -> None:
    arrive(warehouse, "events", "a.txt", [EVENT])
    reports: list[build.BuildReport] = []
    with locks.held("transformer", "build", "events"):
        queued = threading.Thread(target=lambda: reports.append(build.build("events")))
        queued.start()
        waiting = "SELECT FROM pg_locks WHERE relation = 'locks.build_events'::regclass"
        while not warehouse.execute(f"{waiting} AND NOT granted").rowcount:
            assert queued.is_alive()
        assert not reports
    queued.join()
    assert reports[0].rows["events"] == 1


DAMAGES = {
    "a mart that is gone": ("DROP TABLE marts.events", "marts.events is missing"),
    "a staging view that is gone": ("DROP VIEW stg.stg_events", "stg.stg_events is missing"),
    "a column that is gone": (
        "ALTER TABLE marts.events DROP COLUMN email",
        "marts.events: column email is missing",
    ),
    "a column of another type": (
        "ALTER TABLE marts.events ALTER session_id TYPE varchar",
        "marts.events: column session_id is of type character varying, not text",
    ),
    "a column too many": (
        "ALTER TABLE marts.events ADD note text",
        "marts.events: column note is not in its contract",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_by_hand_is_built_anew_though_no_file_came(
    warehouse: psycopg.Connection, damage: str
) -> None:
    arrive(warehouse, "events", "a.txt", [EVENT, EVENT])
    build.build("events")
    assert build.damages(warehouse, "events") == []
    statement, told = DAMAGES[damage]
    warehouse.execute(statement)
    assert build.damages(warehouse, "events") == [told]
    report = build.build("events")
    assert (report.rows["events"], report.files) == (2, ())
    assert build.damages(warehouse, "events") == []
    assert (
        warehouse.execute("SELECT email FROM marts.events").fetchall() == [("a@example.com",)] * 2
    )
    assert build.build("events") == build.BuildReport({})


def test_all_that_hangs_on_a_mart_that_is_gone_is_built_anew(
    warehouse: psycopg.Connection,
) -> None:
    vote = {"candidate": "1", "vote_time": "2024-05-01T12:00:00Z", "kiosk_id": "7"}
    arrive(warehouse, "votes", "a.csv", [vote])
    build.build("votes")
    warehouse.execute("DROP TABLE marts.votes CASCADE")
    later = arrive(warehouse, "votes", "b.csv", [{**vote, "kiosk_id": "8"}])
    assert build.build("votes").files == (later,)
    query = "SELECT total_votes FROM marts.vote_distribution WHERE candidate = '1'"
    assert warehouse.execute(query).fetchall() == [(2,)]


def test_the_transformer_can_only_mark_what_it_built(warehouse: psycopg.Connection) -> None:
    warehouse.execute("SET ROLE penstock_transformer")
    for statement in (
        "UPDATE ingest.file SET state = 'sealed'",
        "DELETE FROM staging.events",
        "CREATE TABLE ingest.mine ()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            warehouse.execute(statement)


def test_the_working_directory_does_not_matter(
    warehouse: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arrive(warehouse, "events", "a.txt", [EVENT])
    assert build.build("events").rows["events"] == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_datasets_with_a_mart_in_common_are_built_as_one(warehouse: psycopg.Connection) -> None:
    article = {"id": "a", "title": "Late", "created_by": "2017-01-01T00:00:00Z"}
    like = {"user_id": "u", "time": "2017-04-01T10:00:00Z", "action": "LIKE_ARTICLE"}
    liked = arrive(warehouse, "clickstream", "c.csv", [{**like, "object_id": "a"}])
    assert build.build("articles").files == (liked,)
    query = "SELECT article_id, title, likes FROM marts.article_likes_daily"
    assert warehouse.execute(query).fetchall() == [("a", None, 1)]
    known = arrive(warehouse, "articles", "a.csv", [article])
    assert build.build("clickstream").files == (known,)
    assert warehouse.execute(query).fetchall() == [("a", "Late", 1)]
    assert build.build("articles").files == ()


@pytest.mark.usefixtures("home")
def test_rules_hold_in_dbts_own_unit_tests() -> None:
    for dataset in all_datasets():
        build.full_refresh(dataset)
    results = dbt.run("unit_test", ["test", "--select", "test_type:unit"])
    assert len(results) >= 8


def test_docs_are_one_page_that_a_failure_leaves_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.full_refresh("events")
    page = docs_site.build()
    assert page == home / "docs" / "dbt" / "index.html"
    assert "Account events" in page.read_text()
    monkeypatch.setenv("PENSTOCK_WAREHOUSE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    settings.cache_clear()
    with pytest.raises(PenstockError):
        docs_site.build()
    assert sorted(path.name for path in page.parent.iterdir()) == ["index.html"]
    assert "(assets/flow.svg)" not in page.read_text()


def test_questions_of_range_and_key_are_answered_by_index(warehouse: psycopg.Connection) -> None:
    for dataset in all_datasets():
        build.full_refresh(dataset)
    questions = (
        "SELECT * FROM marts.events WHERE filename = 'a.txt'"
        " AND event_time BETWEEN '2000-01-05' AND '2000-01-06'",
        "SELECT * FROM marts.events WHERE load_seq = 1",
        "SELECT * FROM marts.products WHERE sku = 'a'",
        "SELECT * FROM marts.product_history WHERE sku = 'a'",
        "SELECT * FROM marts.product_aggregates WHERE name = 'Ann'",
    )
    warehouse.execute("SET enable_seqscan = off")
    for question in questions:
        plan = "\n".join(row[0] for row in warehouse.execute(f"EXPLAIN {question}").fetchall())
        assert "Index Cond" in plan.split("ingest")[0], plan


def test_a_build_never_searches_the_stack(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt would, for each of its flags: seconds in a process that has Airflow's modules."""
    arrive(warehouse, "events", "a.txt", [EVENT])
    monkeypatch.setattr("inspect.stack", _unexpected)
    assert build.build("events").rows["events"] == 1


def _unexpected() -> None:
    raise AssertionError("the stack was searched")

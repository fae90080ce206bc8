"""The dbt project as its own users run it: all of it, and how fresh its sources are."""

import signal
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from penstock.datasets import all_datasets
from penstock.marts import build, dbt, docs_site
from tests.integration.marts.ledger import arrive
from tests.pipeline import configure, exit_code, fork

EVENT = {"event_time": "2000-01-01T00:00:00Z", "email": "a@example.com", "session_id": ""}


@pytest.mark.usefixtures("home")
def test_everything_builds_and_every_test_passes_before_any_file_came() -> None:
    results = dbt.run("all", ["build"])
    assert {result.status for result in results} <= {"success", "pass", "no-op"}  # an exposure
    kinds = Counter(result.node.resource_type for result in results)
    assert kinds["unit_test"] >= len(all_datasets())
    assert kinds["model"] >= 2 * len(all_datasets())
    assert kinds["seed"] == 1


def test_the_ledger_tells_how_fresh_each_source_is(warehouse: psycopg.Connection) -> None:
    arrive(warehouse, "events", "a.txt", [EVENT])
    arrive(warehouse, "votes", "v.csv", [])
    warehouse.execute(
        "UPDATE ingest.file SET sealed_at = now() - interval '8 days' WHERE dataset = 'votes'"
    )
    found = {r.node.name: r for r in dbt.run("freshness", ["source", "freshness"])}
    assert found.keys() == all_datasets().keys()
    assert {name for name, result in found.items() if result.status == "pass"} == {"events"}
    assert found["votes"].status == "warn"
    (sealed_at,) = warehouse.execute(
        "SELECT sealed_at FROM ingest.file WHERE dataset = 'events'"
    ).fetchone()
    assert found["events"].max_loaded_at == sealed_at


@pytest.mark.usefixtures("home")
def test_the_site_tells_who_reads_the_marts_and_how_a_file_travels() -> None:
    build.full_refresh("events")
    site = docs_site.build().read_text()
    assert "(data:image/svg+xml;base64," in site
    for told in ("Files that land become marts that people trust", "REST API", "output.csv"):
        assert told in site


def test_a_fork_of_a_process_that_has_parsed_the_project_can_parse_it_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a task does when a model was changed while the scheduler runs."""

    def parse_again() -> None:
        signal.alarm(300)  # a fork that hangs ends
        configure(monkeypatch, home=home / "another")  # nothing of the first parse is there
        dbt.manifest()

    dbt.warm()
    dbt._parse.cache_clear()
    assert exit_code(fork(parse_again)) == 0

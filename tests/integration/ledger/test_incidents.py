"""Incidents: one for each trouble, until it is mended."""

import psycopg

from penstock import ledger
from penstock.warehouse import connect


def test_the_same_trouble_again_is_one_incident_until_it_is_resolved(
    warehouse: psycopg.Connection,
) -> None:
    with connect("loader", autocommit=True) as loader:
        ledger.report_incident(loader, "events", "bug", "first")
        ledger.report_incident(loader, "events", "bug", "second")
        ledger.report_incident(loader, "people", "bug", "another dataset's")
        (found,) = ledger.open_incidents(loader, "events")
        assert found["message"] == "second"
        ledger.resolve_incident(loader, "events", "bug")
        assert [i["dataset"] for i in ledger.open_incidents(loader)] == ["people"]
        ledger.report_incident(loader, "events", "bug", "it came back")
        assert len(ledger.open_incidents(loader)) == 2
    assert warehouse.execute("SELECT count(*) FROM ingest.incident").fetchone() == (3,)

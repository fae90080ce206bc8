"""Incidents: one for each trouble, until it is mended."""

import psycopg

from penstock.ledger import incidents
from penstock.warehouse import connect


def test_the_same_trouble_again_is_one_incident_until_it_is_resolved(
    warehouse: psycopg.Connection,
) -> None:
    with connect("loader", autocommit=True) as loader:
        incidents.report(loader, "events", "bug", "first")
        incidents.report(loader, "events", "bug", "second")
        incidents.report(loader, "people", "bug", "another dataset's")
        (found,) = incidents.unresolved(loader, "events")
        assert found["message"] == "second"
        incidents.resolve(loader, "events", "bug")
        assert [i["dataset"] for i in incidents.unresolved(loader)] == ["people"]
        incidents.report(loader, "events", "bug", "it came back")
        assert len(incidents.unresolved(loader)) == 2
    assert warehouse.execute("SELECT count(*) FROM ingest.incident").fetchone() == (3,)

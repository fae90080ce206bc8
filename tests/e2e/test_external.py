"""Warehouse and metadata on somebody else's PostgreSQL 15, beside a second home."""

import psycopg

from tests.e2e.system import System, events, wait_until
from tests.servers import debian_postgres


def test_a_second_home_on_an_external_postgres(system: System) -> None:
    with debian_postgres() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("warehouse", "metadata"):
                connection.execute(f"CREATE DATABASE {name}")
        metadata = url.replace("/postgres?", "/metadata?").replace("://", "+psycopg2://")
        second = System(
            external={
                "PENSTOCK_WAREHOUSE_URL": url.replace("/postgres?", "/warehouse?"),
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
            }
        )
        try:
            second.penstock("up")
            second.land("outside.txt", events("outside", 50, (3,)))
            second.wait_built(["outside.txt"])
            second.assert_exact({"outside.txt": 50}, {"outside.txt": [3]})
            assert not (second.home / "postgres").exists()
            wait_until(system.is_healthy, "the first home is well beside it")
        finally:
            second.penstock("down")
            second.remove()

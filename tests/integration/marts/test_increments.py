"""Whatever arrives, and in whatever order, increments equal a full refresh, and both are right.

What is right is told by a plain Python model of the rules.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from penstock.marts import build, dbt, lineage
from tests.integration.marts.ledger import Row, arrive

STEPS = 12
Table = list[tuple[Any, ...]]


def events_row(luck: random.Random) -> Row:
    return {
        "event_time": f"2000-01-{luck.randint(1, 28):02}T00:00:00Z",
        "email": f"{luck.choice('abc')}@example.com",
        "session_id": luck.choice(["", "s1", "s2"]),
    }


def products_row(luck: random.Random) -> Row:
    row = {
        "name": luck.choice(["Ann", "Bob", "Cid", "Dee"]),
        "sku": f"sku-{luck.randint(1, 9)}",
        "description": str(luck.random()),
    }
    return row | luck.choice([{}, {}, {}, {"deleted": "false"}, {"deleted": "true"}])


ROW = {"events": events_row, "products": products_row}


def random_arrivals(
    warehouse: psycopg.Connection, dataset: str, luck: random.Random
) -> Iterator[None]:
    """New files, new versions, replays of any file that still counts, files without a row."""
    known: list[tuple[int, str]] = []
    for step in range(STEPS):
        kind = luck.choice(["new", "new", "version", "replay"]) if known else "new"
        file_id, path = luck.choice(known) if known else (0, "")
        if kind == "new":
            path = f"folder/{step}.txt"
        rows = [ROW[dataset](luck) for _ in range(luck.choice([0, 1, 4, 9]))]
        replayed = file_id if kind == "replay" else None
        arrived = arrive(warehouse, dataset, path, rows, replayed)
        if kind == "replay" or (kind == "version" and dataset == "events"):
            known = [k for k in known if k[0] != file_id and (replayed or k[1] != path)]
        known.append((arrived, path))
        yield


def marts(warehouse: psycopg.Connection, dataset: str) -> dict[str, Table]:
    """All rows of all marts, in one order."""
    return {
        mart: sorted(map(repr, warehouse.execute(f"SELECT * FROM marts.{mart}").fetchall()))
        for mart in lineage.marts(dataset)
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dataset", ["events", "products"])
def test_increments_equal_a_full_refresh(
    warehouse: psycopg.Connection, dataset: str, seed: int
) -> None:
    luck = random.Random(f"{dataset}{seed}")
    for _ in random_arrivals(warehouse, dataset, luck):
        if luck.random() < 0.6:
            build.build(dataset)
            CHECK[dataset](warehouse)
    build.build(dataset)
    incremental = marts(warehouse, dataset)
    CHECK[dataset](warehouse)
    build.full_refresh(dataset)
    assert marts(warehouse, dataset) == incremental


def check_events(warehouse: psycopg.Connection) -> None:
    """The rows of sealed files, each once, under the base name of its file."""
    expected = warehouse.execute(
        """
        SELECT reverse(split_part(reverse(path), '/', 1)), event_time, email, session_id, file_id,
               _row, load_seq
        FROM staging.events JOIN ingest.file ON file_id = _file_id WHERE state = 'sealed'
        """
    ).fetchall()
    found = warehouse.execute("SELECT * FROM marts.events").fetchall()
    assert sorted(found) == sorted(expected)


def check_products(warehouse: psycopg.Connection) -> None:
    """Of the rows of a sku in (position, row) order the last stands, each other was replaced.

    A row that deletes its product stands nowhere, whatever comes before and after it.
    """
    received = warehouse.execute(
        """
        SELECT sku, position, _row, name, description, file_id, sealed_at, deleted = 'true'
        FROM staging.products JOIN ingest.file ON file_id = _file_id WHERE state = 'sealed'
        """
    ).fetchall()
    chains = defaultdict(list)
    for sku, *rest in sorted(received):
        chains[sku].append(rest)
    check_standing(warehouse, chains)
    check_history(warehouse, chains)
    check_aggregates(warehouse, chains)


Chains = dict[str, list[list[Any]]]


def check_standing(warehouse: psycopg.Connection, chains: Chains) -> None:
    found = warehouse.execute(
        "SELECT sku, row, name, description, file_id, received_at FROM marts.products"
    ).fetchall()
    assert sorted(found) == sorted(
        (sku, *chain[-1][1:-1]) for sku, chain in chains.items() if not chain[-1][-1]
    )


def check_history(warehouse: psycopg.Connection, chains: Chains) -> None:
    found = warehouse.execute(
        "SELECT sku, deleted, row, file_id, replaced_by_file_id, replaced_by_row, replaced_at"
        " FROM marts.product_history"
    ).fetchall()
    expected = [
        (sku, old[-1], old[1], old[4], new[4], new[1], max(old[5], new[5]))
        for sku, chain in chains.items()
        for old, new in pairwise(chain)
    ]
    expected += [
        (sku, True, chain[-1][1], chain[-1][4], None, None, None)
        for sku, chain in chains.items()
        if chain[-1][-1]
    ]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def check_aggregates(warehouse: psycopg.Connection, chains: Chains) -> None:
    counts = defaultdict(lambda: [0, 0])
    for chain in chains.values():
        counts[chain[-1][2]][0] += not chain[-1][-1]
        for row in chain:
            counts[row[2]][1] += 1
    query = "SELECT name, product_count, rows_received FROM marts."
    found = warehouse.execute(query + "product_name_counts").fetchall()
    assert sorted(found) == sorted((name, *both) for name, both in counts.items())
    found = warehouse.execute(query + "product_aggregates").fetchall()
    assert sorted(found) == sorted((name, *both) for name, both in counts.items() if both[0])


def test_only_names_that_products_bear_are_aggregates(warehouse: psycopg.Connection) -> None:
    """Also after all are deleted, and a name that comes back has all its rows again."""

    def aggregates() -> list[tuple[str, int, int]]:
        query = "SELECT name, product_count, rows_received FROM marts.product_aggregates ORDER BY 1"
        return warehouse.execute(query).fetchall()

    def come(*rows: tuple[str, str, str]) -> None:
        names = ("name", "sku", "deleted")
        arrive(warehouse, "products", "p.csv", [dict(zip(names, r, strict=True)) for r in rows])
        build.build("products")

    come(("Ann", "a", ""), ("Ann", "b", ""), ("Bob", "c", ""))
    come(("Bob", "a", ""), ("Bob", "b", ""))
    assert aggregates() == [("Bob", 3, 3)]
    come(*(("Bob", sku, "true") for sku in "abc"))
    assert aggregates() == []
    build.full_refresh("products")
    assert aggregates() == []
    come(("Ann", "a", ""))
    assert aggregates() == [("Ann", 1, 3)]


FILES = ("stg_product_files", "stg_product_changes")
CHECK = {"events": check_events, "products": check_products}


def test_a_build_that_broke_off_is_taken_up_where_it_stopped(
    warehouse: psycopg.Connection,
) -> None:
    luck = random.Random(7)
    for _ in range(2):
        arrive(warehouse, "products", "a.csv", [products_row(luck) for _ in range(20)])
        build.build("products")
    arrive(warehouse, "products", "b.csv", [products_row(luck) for _ in range(20)])
    # Some of the tables have the new file, and the ledger does not know: then another arrives.
    steps = [*FILES, "product_history"], ["products"], ["product_name_counts"]
    for done in range(1, 1 + len(steps)):
        for models in steps[:done]:
            dbt.run("products", ["run", "--select", *models])
        arrive(warehouse, "products", f"{done}.csv", [products_row(luck) for _ in range(20)])
        build.build("products")
        check_products(warehouse)

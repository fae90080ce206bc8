"""Files of datasets that add to what came before, in any order and number."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg

from penstock.marts import lineage
from tests.integration.marts.ledger import Row, arrive

Received = list[dict[str, Any]]


def random_arrivals(
    warehouse: psycopg.Connection,
    luck: random.Random,
    make_row: Mapping[str, Callable[[random.Random], Row]],
    steps: int = 12,
) -> Iterator[str]:
    """New files, files under a known path, replays of any file that still counts, empty files."""
    known: list[tuple[str, int, str]] = []
    for step in range(steps):
        kind = luck.choice(["new", "new", "again", "replay"]) if known else "new"
        dataset, file_id, path = luck.choice(known) if known else ("", 0, "")
        if kind == "new":
            dataset, path = luck.choice(sorted(make_row)), f"{step}.csv"
        rows = [make_row[dataset](luck) for _ in range(luck.choice([0, 1, 4, 9]))]
        replayed = file_id if kind == "replay" else None
        known = [k for k in known if k[1] != replayed]
        known.append((dataset, arrive(warehouse, dataset, path, rows, replayed), path))
        yield dataset


def received(warehouse: psycopg.Connection, dataset: str) -> Received:
    """All rows of files that count, in the order in which they count."""
    query = f"""
        SELECT staged.*, file_id, load_seq
        FROM staging.{dataset} AS staged JOIN ingest.file ON file_id = _file_id
        WHERE state = 'sealed' ORDER BY position, _row
    """
    with warehouse.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(query).fetchall()


def rows_of(warehouse: psycopg.Connection, dataset: str) -> dict[str, list[str]]:
    """Every row of every mart that a build of `dataset` makes, each mart in one order."""
    return {
        mart: sorted(map(repr, warehouse.execute(f"SELECT * FROM marts.{mart}").fetchall()))
        for mart in lineage.marts(dataset)
    }

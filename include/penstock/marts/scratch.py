"""Rebuild the marts of a dataset in the schema `scratch`, and compare them with the real ones.

The rebuild reads a copy of the ledger, so files that land meanwhile do not affect the comparison.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Connection, sql

from penstock import ledger
from penstock.errors import PenstockError
from penstock.marts import build, contracts, dbt, lineage
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

_MOST_TRIES = 20  # to find a moment in which all sealed files are built
Sums = dict[str, tuple[int, int]]
"""By mart: the number of rows, and a checksum that does not depend on their order."""


def differences(dataset: str) -> list[str]:
    """One line for each mart of `dataset` that differs from the result of a full refresh.

    Columns with `volatile` in their `meta` are not compared: they change with time.

    Raises:
        PenstockError: dbt failed, files keep arriving, or another process is comparing marts.
    """
    together = lineage.built_with(dataset)
    with connect("transformer", autocommit=True) as connection, _scratch(connection):
        present = _snapshot(connection, dataset)
        without = ("unit_test", "test", "function")
        arguments = build.arguments(together, full_refresh=True, without=without)
        dbt.run("verify", arguments, scratch=True, of=together)
        rebuilt = _sums(connection, "scratch", dataset)
    return [
        _describe(mart, present[mart], rebuilt[mart])
        for mart in rebuilt
        if present[mart] != rebuilt[mart]
    ]


def _describe(mart: str, present: tuple[int, int], rebuilt: tuple[int, int]) -> str:
    if present[0] != rebuilt[0]:
        return f"marts.{mart} has {present[0]:,} rows, made anew {rebuilt[0]:,}"
    return f"marts.{mart} has {present[0]:,} rows as it should, but not the same ones"


@contextmanager
def _scratch(connection: Connection) -> Iterator[None]:
    """The schema `scratch`, empty, for one process at a time."""
    with locks.held("transformer", "verify"):
        _empty(connection)
        try:
            yield
        finally:
            _empty(connection)


def _empty(connection: Connection) -> None:
    left = connection.execute(
        """
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, relname FROM pg_class
        WHERE relnamespace = 'scratch'::regnamespace AND relkind IN ('r', 'v')
        """
    ).fetchall()
    for kind, name in left:
        drop = sql.SQL("DROP {} IF EXISTS {} CASCADE")
        connection.execute(drop.format(sql.SQL(kind), sql.Identifier("scratch", name)))


def _snapshot(connection: Connection, dataset: str) -> Sums:
    """Copy the ledger and sum up the marts in one snapshot in which every sealed file is built.

    While a build runs, its files count as unbuilt. So no mart is half built in that snapshot.
    """
    together = lineage.built_with(dataset)
    for _ in range(_MOST_TRIES):
        build.build(dataset)
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            if not build.anything_unbuilt(connection, dataset):
                ledger.copy_files(connection, "scratch", together)
                return _sums(connection, "marts", dataset)
    raise PenstockError(f"files of {' and '.join(together)} keep coming: try again when fewer do")


def _sums(connection: Connection, schema: str, dataset: str) -> Sums:
    return {
        path.stem: _sum(connection, sql.Identifier(schema, path.stem), contracts.lasting(path))
        for path in lineage.mart_models(dataset)
    }


def _sum(connection: Connection, relation: sql.Identifier, columns: list[str]) -> tuple[int, int]:
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)), 0)"
        " FROM (SELECT {} FROM {}) AS r"
    ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), relation)
    rows, checksum = connection.execute(query).fetchone() or (0, 0)
    return rows, int(checksum)

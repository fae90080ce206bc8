"""The marts of a dataset made anew beside those that are, and compared with them row by row.

In the schema `scratch`, of a copy of the ledger: what lands meanwhile changes neither.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Connection, sql

from penstock import ledger
from penstock.errors import PenstockError
from penstock.marts import build, contracts, dbt, lineage
from penstock.warehouse import locks
from penstock.warehouse.connect import connect

_MOST_TRIES = 20  # to find a moment in which the marts show all that is sealed
Sums = dict[str, tuple[int, int]]
"""By mart: how many rows it has, and a checksum that does not depend on their order."""


def differences(dataset: str) -> list[str]:
    """What the marts of `dataset` have that a full refresh would not give them; a line a mart.

    Columns whose `meta` says `volatile` are not compared: they change by themselves.

    Raises:
        PenstockError: dbt failed, files keep coming, or another process compares marts for long.
    """
    together = lineage.built_with(dataset)
    with connect("transformer", autocommit=True) as connection, _scratch(connection):
        standing = _snapshot(connection, dataset)
        without = ("unit_test", "test", "function")
        arguments = build.arguments(together, full_refresh=True, without=without)
        dbt.run("verify", arguments, scratch=True, of=together)
        anew = _sums(connection, "scratch", dataset)
    return [
        _told(mart, standing[mart], anew[mart]) for mart in anew if standing[mart] != anew[mart]
    ]


def _told(mart: str, standing: tuple[int, int], anew: tuple[int, int]) -> str:
    if standing[0] != anew[0]:
        return f"marts.{mart} has {standing[0]:,} rows, made anew {anew[0]:,}"
    return f"marts.{mart} has {standing[0]:,} rows as it should, but not the same ones"


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
    """Copy the ledger and sum up the marts, both of one moment in which nothing is to be built.

    While a build runs, what it builds is unbuilt: so no mart is halfway then.
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

"""The benchmark's own Postgres: the embedded server of a home that nothing else uses."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from bench import contender
from bench.competitors import COLUMNS, TABLE
from bench.contender import Measured

COMPETITORS = "competitors"


@dataclass(frozen=True)
class Warehouse:
    """A server in `home`, driven by the product's `python`."""

    home: Path
    python: str

    @cached_property
    def url(self) -> str:
        """The server's URL with `{}` for the database; starts it."""
        said = self.stations(["serve"], {"PENSTOCK_HOME": str(self.home)}).said
        return str(said["url"]).replace("/postgres?", "/{}?", 1)

    def stop(self) -> None:
        """Stop the server."""
        subprocess.run(
            [self.python, "-m", "bench.stations", "stop"],
            env={"PENSTOCK_HOME": str(self.home)},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def fresh(self, database: str) -> str:
        """An empty database; its URL."""
        self.drop(database)
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url.format(database)

    def drop(self, database: str) -> None:
        """Drop the database, if it is there."""
        name = sql.Identifier(database)
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def empty_table(self) -> str:
        """The competitors' database, new, with their table of the file's columns; its URL."""
        dsn = self.fresh(COMPETITORS)
        columns = sql.SQL(", ").join(sql.SQL(f"{column} text") for column in COLUMNS)
        with psycopg.connect(dsn) as connection:
            connection.execute(
                sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(TABLE), columns)
            )
        self.settle()
        return dsn

    def count_table(self) -> int:
        """Rows in the competitors' table."""
        with psycopg.connect(self.url.format(COMPETITORS)) as connection:
            row = connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(TABLE))
            ).fetchone()
        return int(row[0]) if row else 0

    def settle(self) -> None:
        """Write out what earlier runs left, so that no run pays for another's."""
        self._execute(sql.SQL("CHECKPOINT"))

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url.format("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def penstock(self, name: str) -> Iterator["Penstock"]:
        """Penstock with nothing loaded: a database and a home of its own, dropped afterwards."""
        home = self.home.parent / f"home-{name}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        product = Penstock(self, home, self.fresh(f"penstock_{name}"))
        product.run("migrate")
        try:
            yield product
        finally:
            shutil.rmtree(home)
            self.drop(f"penstock_{name}")

    def stations(self, arguments: Sequence[str], environment: dict[str, str]) -> Measured:
        """Run `bench.stations` with the product's Python."""
        return contender.run([self.python, "-m", "bench.stations", *arguments], environment)


@dataclass(frozen=True)
class Penstock:
    """A Penstock with a warehouse of its own on the benchmark's server."""

    warehouse: Warehouse
    home: Path
    url: str

    def run(self, action: str, *arguments: str) -> Measured:
        """Run one of `bench.stations`' actions against it."""
        environment = {"PENSTOCK_HOME": str(self.home), "PENSTOCK_WAREHOUSE_URL": self.url}
        return self.warehouse.stations([action, *arguments], environment)

    def timed(self, action: str, *arguments: str) -> Measured:
        """`run`, after what came before has reached the disk."""
        self.warehouse.settle()
        return self.run(action, *arguments)

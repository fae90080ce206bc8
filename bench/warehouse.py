"""The benchmark's own Postgres: an embedded server in a home for the benchmark only."""

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
    """A server in `home`, which the `python` of Penstock starts and stops."""

    home: Path
    python: str

    @cached_property
    def url(self) -> str:
        """Start the server; its URL has `{}` in place of the database."""
        output = self.stations(["serve"], {"PENSTOCK_HOME": str(self.home)}).output
        return str(output["url"]).replace("/postgres?", "/{}?", 1)

    def stop(self) -> None:
        """Stop the server."""
        subprocess.run(
            [self.python, "-m", "bench.stations", "stop"],
            env={"PENSTOCK_HOME": str(self.home)},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def fresh(self, database: str) -> str:
        """Create an empty database and return its URL."""
        self.drop(database)
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url.format(database)

    def drop(self, database: str) -> None:
        """Drop the database if it exists."""
        name = sql.Identifier(database)
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def empty_table(self) -> str:
        """Recreate the competitors' database with their empty table, and return its URL."""
        dsn = self.fresh(COMPETITORS)
        columns = sql.SQL(", ").join(sql.SQL(f"{column} text") for column in COLUMNS)
        with psycopg.connect(dsn) as connection:
            connection.execute(
                sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(TABLE), columns)
            )
        self.settle()
        return dsn

    def count_table(self) -> int:
        """The number of rows in the competitors' table."""
        with psycopg.connect(self.url.format(COMPETITORS)) as connection:
            row = connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(TABLE))
            ).fetchone()
        return int(row[0]) if row else 0

    def settle(self) -> None:
        """Run a checkpoint, so that no run pays for the writes of an earlier one."""
        self._execute(sql.SQL("CHECKPOINT"))

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url.format("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def penstock(self, name: str) -> Iterator["Penstock"]:
        """An empty Penstock with its own database and home, which are deleted afterwards."""
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
        """Run `bench.stations` with Penstock's Python."""
        return contender.run([self.python, "-m", "bench.stations", *arguments], environment)


@dataclass(frozen=True)
class Penstock:
    """A Penstock with its own database on the benchmark's server."""

    warehouse: Warehouse
    home: Path
    url: str

    def run(self, action: str, *arguments: str) -> Measured:
        """Run an action of `bench.stations` with it."""
        environment = {"PENSTOCK_HOME": str(self.home), "PENSTOCK_WAREHOUSE_URL": self.url}
        return self.warehouse.stations([action, *arguments], environment)

    def timed(self, action: str, *arguments: str) -> Measured:
        """Run an action after a checkpoint."""
        self.warehouse.settle()
        return self.run(action, *arguments)

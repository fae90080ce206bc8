"""The words that no dataset or column is called are those that Postgres and the linter reserve."""

import psycopg
from sqlfluff.core.dialects import dialect_selector

from penstock.scaffold.words import RESERVED


def test_they_are_those_of_postgres_and_the_linter(warehouse: psycopg.Connection) -> None:
    keywords = "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')"
    of_postgres = {word for (word,) in warehouse.execute(keywords)}
    of_the_linter = {
        word.lower() for word in dialect_selector("postgres").sets("reserved_keywords")
    }
    assert of_postgres | of_the_linter == RESERVED

"""The states in Python are those that the table allows."""

import re

import psycopg

from penstock import ledger


def test_the_states_are_those_of_the_check(warehouse: psycopg.Connection) -> None:
    query = """
        SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = 'ingest.file'::regclass AND contype = 'c'
        """
    checks = [text for (text,) in warehouse.execute(query) if "state" in text]
    assert {state for text in checks for state in re.findall(r"'(\w+)'", text)} == {*ledger.State}

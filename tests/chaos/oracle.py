"""What must be true in the end: every record sent is in its mart or in quarantine, once."""

from collections import Counter
from collections.abc import Iterable, Mapping

import psycopg

from tests.chaos.content import MARTS, Content, Row

_MOST_TOLD = 20
_REFUSED = """
SELECT DISTINCT q.dataset, f.path, q.line
FROM ingest.quarantine q JOIN ingest.file f USING (file_id)
WHERE f.state = 'sealed' ORDER BY 1, 2, 3
"""
_STATES = "SELECT dataset, path, state, reason FROM ingest.file WHERE state NOT IN (%s, %s, %s)"
_UNFINISHED = """
SELECT dataset, path, state FROM ingest.file
WHERE state IN ('registered', 'claimed', 'loading')
   OR state IN ('sealed', 'superseded') AND built_at IS NULL
"""


def differences(warehouse: psycopg.Connection, sent: Mapping[str, Iterable[Content]]) -> list[str]:
    """In words, what the warehouse does not hold as it should of the files `sent`, by dataset."""
    told = []
    for dataset, files in sent.items():
        expected = Counter(row for file in files for row in file.rows)
        found = Counter(_rows(warehouse, dataset))
        told += [f"{dataset}: lost {row}" for row in expected - found]
        told += [f"{dataset}: once too often {row}" for row in found - expected]
    refused = {
        (dataset, file.path, line) for dataset, files in sent.items()
        for file in files for line in file.bad_lines
    }  # fmt: skip
    quarantined = set(warehouse.execute(_REFUSED).fetchall())
    told += [f"not in quarantine: {record}" for record in sorted(refused - quarantined)]
    told += [f"quarantined, but good: {record}" for record in sorted(quarantined - refused)]
    odd = warehouse.execute(_STATES, ["sealed", "superseded", "duplicate"]).fetchall()
    told += [f"not done: {file}" for file in odd]
    return [*told[:_MOST_TOLD], f"{len(told):,} differences"] if told else []


def unfinished(warehouse: psycopg.Connection) -> list[tuple[str, str, str]]:
    """Files that are on their way, or that the marts do not show yet."""
    return warehouse.execute(_UNFINISHED).fetchall()


def _rows(warehouse: psycopg.Connection, dataset: str) -> list[Row]:
    rows = warehouse.execute(MARTS[dataset]).fetchall()
    return [tuple(str(value) for value in row) for row in rows]

"""The view by which marts follow the ledger, and what it costs."""

import psycopg

from penstock import ledger

_FILES = """
INSERT INTO ingest.file (dataset, path, version, size_bytes, state, load_seq, position, built_at)
SELECT 'events', state || n, 1, 1, state, seq, seq, CASE WHEN n > %(unbuilt)s THEN now() END
FROM (SELECT state, n, CASE WHEN state IN ('sealed', 'superseded')
                            THEN row_number() OVER () END AS seq
      FROM unnest(%(states)s::text[]) AS state, generate_series(1, %(count)s) AS n) AS of_state
"""


def test_marts_follow_sealed_and_superseded_files(warehouse: psycopg.Connection) -> None:
    warehouse.execute(_FILES, {"states": [*ledger.State], "count": 2, "unbuilt": 1})
    query = "SELECT path, state, is_sealed, is_unbuilt FROM ingest.mart_file ORDER BY path"
    assert warehouse.execute(query).fetchall() == [
        ("sealed1", "sealed", True, True),
        ("sealed2", "sealed", True, False),
        ("superseded1", "superseded", False, True),
        ("superseded2", "superseded", False, False),
    ]


def test_unbuilt_files_are_found_by_index_among_many(warehouse: psycopg.Connection) -> None:
    warehouse.execute(_FILES, {"states": [*ledger.State], "count": 2000, "unbuilt": 2})
    warehouse.execute("ANALYZE ingest.file")
    for condition in ("true", "is_sealed", "not is_sealed"):
        plan = warehouse.execute(
            "EXPLAIN SELECT load_seq FROM ingest.mart_file"
            f" WHERE dataset = 'events' AND is_unbuilt AND {condition}"
        ).fetchall()
        assert "Index" in plan[0][0], plan

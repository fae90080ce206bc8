"""Validation results: written for each block, read for each file."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from penstock.declare.dataset import Dataset

if TYPE_CHECKING:
    from penstock.ledger.blocks import BlockToLoad
    from penstock.validate.counts import BlockChecks


@dataclass(frozen=True)
class CheckResult:
    """The result of one check for one file; `evaluated`, `missing` and `unexpected` count rows."""

    file_id: int
    type: str
    column: str
    kwargs: dict[str, Any]
    reason: str
    evaluated: int
    missing: int
    unexpected: int


@dataclass(frozen=True)
class ValidatedFile:
    """A file that was validated: sealed, rejected, or superseded since."""

    file_id: int
    dataset: str
    path: str
    version: int
    state: str
    reason: str | None
    size_bytes: int
    content_hash: str | None
    rows_good: int
    rows_bad: int
    loaded_at: datetime


def keep_suite(connection: Connection, dataset: Dataset) -> str:
    """Store the current checks of `dataset`; returns their `suite_id`."""
    from penstock.validate.suite import checks_of

    checks = [
        {"type": c.type, "column": c.column, "kwargs": dict(c.kwargs), "reason": c.reason}
        for c in checks_of(dataset)
    ]
    text = json.dumps([dataset.name, checks], sort_keys=True, default=str)
    suite_id = hashlib.sha256(text.encode()).hexdigest()[:16]
    connection.execute(
        "INSERT INTO ingest.suite (suite_id, dataset, checks) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [suite_id, dataset.name, Jsonb(checks, lambda value: json.dumps(value, default=str))],
    )
    return suite_id


def keep_results(
    connection: Connection,
    suite_id: str,
    blocks: Sequence["BlockToLoad"],
    checks: Sequence["BlockChecks"],
) -> None:
    """Write the results of a suite for each block; call it in the transaction that loads them."""
    connection.execute(
        """
        INSERT INTO ingest.validation (file_id, block_no, suite_id, evaluated, missing, unexpected)
        SELECT file_id, block_no, %s, evaluated, missing::bigint[], unexpected::bigint[]
        FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::text[], %s::text[])
             AS v (file_id, block_no, evaluated, missing, unexpected)
        """,
        [
            suite_id,
            [block.file_id for block in blocks],
            [block.block_no for block in blocks],
            [of_block.evaluated for of_block in checks],
            [_array(of_block.missing) for of_block in checks],
            [_array(of_block.unexpected) for of_block in checks],
        ],
    )


def validated_files(connection: Connection, dataset: str, limit: int) -> list[ValidatedFile]:
    """The sealed, rejected and superseded files of `dataset`, the newest first."""
    with connection.cursor(row_factory=class_row(ValidatedFile)) as cursor:
        return cursor.execute(
            """
            SELECT file_id, dataset, path, version, state, reason, size_bytes, content_hash,
                   coalesce(rows_good, 0) AS rows_good, coalesce(rows_bad, 0) AS rows_bad,
                   coalesce(loaded_at, claimed_at, registered_at) AS loaded_at
            FROM ingest.file
            WHERE dataset = %s AND state IN ('sealed', 'superseded', 'rejected')
            ORDER BY file_id DESC LIMIT %s
            """,
            [dataset, limit],
        ).fetchall()


def check_results(connection: Connection, file_ids: Sequence[int]) -> dict[int, list[CheckResult]]:
    """The results of each check, by file_id, in the order of the suite."""
    with connection.cursor(row_factory=class_row(CheckResult)) as cursor:
        found = cursor.execute(
            """
            SELECT file_id, type, "column", kwargs, reason, evaluated, missing, unexpected
            FROM ingest.file_validation WHERE file_id = ANY(%s)
            ORDER BY file_id, suite_id, check_no
            """,
            [list(file_ids)],
        )
        return {key: list(of_file) for key, of_file in groupby(found, lambda r: r.file_id)}


def _array(numbers: list[int]) -> str:
    """An array as text for Postgres: unnest would flatten nested arrays."""
    return "{" + ",".join(map(str, numbers)) + "}"

"""What the tests do to Penstock: land files, take them to the seal, count what came of it."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from penstock import datasets
from penstock.arrivals import mirror_folder
from penstock.files import landing
from penstock.settings import settings
from penstock.stations import actions, perform, sense
from penstock.stations.plan import Part, plan
from penstock.stations.run import stage
from penstock.stations.seal import SealReport

SAMPLES = Path(datasets.__file__).parents[1] / "samples"
PENDING = "SELECT count(*) FROM ingest.file WHERE state IN ('registered', 'claimed', 'loading')"


def configure(patch: pytest.MonkeyPatch, **values: object) -> None:
    """Set settings, named as in `penstock.settings`, for the rest of a test."""
    for name, value in values.items():
        patch.setenv(f"PENSTOCK_{name.upper()}", str(value))
    settings.cache_clear()


def land(dataset: str, path: str, data: bytes) -> Path:
    """Put a file into the landing zone by rename, settled already."""
    declared = datasets.get(dataset)
    if declared.mirror and not (landing.root() / declared.folder).exists():
        mirror_folder.set_up(declared)
    with landing.draft(declared, path) as draft:
        draft.write_bytes(data)
        os.utime(draft, (1, 1))
    return landing.folder(declared) / path


def land_samples(*names: str) -> None:
    """Land every sample of these datasets, or of all."""
    for dataset in names or datasets.all_datasets():
        folder = SAMPLES / dataset
        for sample in sorted(path for path in folder.rglob("*") if path.is_file()):
            land(dataset, sample.relative_to(folder).as_posix(), sample.read_bytes())


def ingest(dataset: str) -> SealReport:
    """Plan, load and seal once."""
    return stage(dataset)


def pending(dataset: str) -> bool:
    """Whether a file waits in the landing zone, or is not in the marts yet."""
    return sense.arrived(dataset) or sense.unfinished(dataset)


def settle(dataset: str, warehouse: psycopg.Connection) -> None:
    """Ingest until no file is on its way: a dead worker's blocks may be locked for a moment."""
    for _ in range(1000):
        ingest(dataset)
        if not warehouse.execute(PENDING).fetchone()[0]:
            return
    raise AssertionError("files are still on their way")


def retry_now(warehouse: psycopg.Connection) -> None:
    """Let what waits for a fault to pass be due."""
    warehouse.execute("UPDATE ingest.file SET retry_at = now() WHERE retry_at IS NOT NULL")


def replay(file_id: int) -> int:
    """Replay a file; returns the file_id of its new version, which waits to be planned."""
    done = perform.now(actions.replay(file_id, "mia"))
    assert done.result_file_id is not None
    return done.result_file_id


def the_part(dataset: str) -> Part:
    """The one part that is planned."""
    (part,) = plan(dataset)
    return part


def events(good: int, bad: int = 0, tag: str = "a") -> bytes:
    """`good` events and `bad` lines, the bad ones spread among the good by a fixed dice."""
    lines = [f"2024-01-01T00:00:00Z {tag}{n}@example.org s{n}\n" for n in range(good)]
    lines += [f"null {tag} {n} surplus\n" for n in range(bad)]
    random.Random(good + bad).shuffle(lines)
    return "".join(lines).encode()


def products(rows: int, tag: str = "p") -> bytes:
    """Products whose descriptions hold newlines, commas and quotes."""
    body = (f'"{tag} {n}",sku-{n},"one, ""two""\nthree {n}"\n' for n in range(rows))
    return ("name,sku,description\n" + "".join(body)).encode()


def states(warehouse: psycopg.Connection) -> dict[tuple[str, int], str]:
    """The state of every version of every path."""
    rows = warehouse.execute("SELECT path, version, state FROM ingest.file").fetchall()
    return {(path, version): state for path, version, state in rows}


def ask(warehouse: psycopg.Connection, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the warehouse."""
    return warehouse.execute(query, values or None).fetchall()


def counts(warehouse: psycopg.Connection, dataset: str) -> tuple[int, int, int]:
    """(rows, distinct rows, quarantined records) of what is sealed."""
    return warehouse.execute(
        f"""
        SELECT (SELECT count(*) FROM staging.{dataset} JOIN ingest.file f ON f.file_id = _file_id
                WHERE f.state = 'sealed'),
               (SELECT count(DISTINCT (_file_id, _row)) FROM staging.{dataset}
                JOIN ingest.file f ON f.file_id = _file_id WHERE f.state = 'sealed'),
               (SELECT count(*) FROM ingest.quarantine q JOIN ingest.file f USING (file_id)
                WHERE f.dataset = %s AND f.state = 'sealed')
        """,
        [dataset],
    ).fetchone()


def fork(work: Callable[[], object]) -> int:
    """Run `work` in a forked process and return its id; it exits with 0, or 1 on an exception."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def exit_code(process: int) -> int:
    """Wait for a forked process; negative when a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

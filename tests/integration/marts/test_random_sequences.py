"""Whatever lands, in whatever order: the marts that increments made are those of a full refresh.

Every dataset, through the real loader: files that come late, new versions, broken records, files
that are rejected, replays, replays under a rule made stricter, retractions, and files taken
out of a mirror.
"""

import csv
import dataclasses
import io
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from penstock import datasets, ledger
from penstock.declare.expectations import Expectation, expect
from penstock.files import landing
from penstock.intake.step_chains import messages
from penstock.marts import build, lineage
from penstock.stations import actions, perform
from tests.pipeline import configure, ingest, land, replay

ROUNDS = 2
SEEDS = range(int(os.environ.get("PENSTOCK_SEQUENCES", "1")))  # each costs a minute
Luck = random.Random
Marts = dict[str, list[str]]


def _when(luck: Luck) -> datetime:
    """One of few instants, around midnights."""
    return datetime(2024, 1, luck.randint(1, 4), tzinfo=UTC) + luck.choice(
        [timedelta(0), timedelta(microseconds=-1), timedelta(hours=9), timedelta(hours=23)]
    )


def _iso(luck: Luck) -> str:
    return _when(luck).isoformat().replace("+00:00", "Z")


def _lines(luck: Luck, record: Callable[[], str], broken: str) -> bytes:
    lines = [record() for _ in range(luck.choice([1, 3, 8]))]
    lines += [broken] * luck.choice([0, 0, 1, 3])
    luck.shuffle(lines)
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(luck: Luck, header: str, record: Callable[[], list[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(record() for _ in range(luck.choice([0, 1, 3, 8])))
    writer.writerows([["surplus"] * 9] * luck.choice([0, 0, 1, 3]))
    return f"{header}\n{out.getvalue()}".encode()


def events(luck: Luck) -> bytes:
    return _lines(
        luck, lambda: f"{_iso(luck)} {luck.choice('abc')}@example.com s{luck.randint(1, 4)}", "null"
    )


def products(luck: Luck) -> bytes:
    def row() -> list[object]:
        return [luck.choice(["Ann", "Bob", "Cid"]), f"sku-{luck.randint(1, 9)}", luck.random()]

    kind = luck.random()
    if kind < 0.3:
        return _csv(luck, "name,sku", lambda: row()[:2])
    if kind < 0.7:
        return _csv(luck, "name,sku,description", row)
    return _csv(luck, "name,sku,description,Deleted", lambda: [*row(), luck.choice(["", "true"])])


def articles(luck: Luck) -> bytes:
    def row() -> list[object]:
        updated = luck.choice(["", _iso(luck)])
        return [f"a{luck.randint(1, 5)}", f"T{luck.randint(1, 9)}", _iso(luck), updated]

    if luck.random() < 0.3:
        return _csv(luck, "id,title,created_by", lambda: row()[:3])
    return _csv(luck, "id,title,created_by,updated_by", row)


def clickstream(luck: Luck) -> bytes:
    actions = ["FIRST_INSTALL", "LIKE_ARTICLE", "LIKE_ARTICLE", "LOG_IN"]
    return _csv(
        luck,
        "userId,time,action,objectId",
        lambda: [
            f"u{luck.randint(1, 6)}", _iso(luck), luck.choice(actions), f"a{luck.randint(1, 7)}"
        ],
    )  # fmt: skip


def votes(luck: Luck) -> bytes:
    return _csv(
        luck,
        "candidate,vote_time,kiosk_id",
        lambda: [luck.choice([1, 2, 3, 3, 9]), _iso(luck), luck.randint(1, 4)],
    )


def access_log(luck: Luck) -> bytes:
    def request() -> str:
        host = luck.choice(["in24.inetnebr.com", "www.example.de", "8.8.8.8", "10.0.0.7", "x"])
        at = _when(luck).strftime("%d/%b/%Y:%H:%M:%S +0000")
        return f'{host} - - [{at}] "GET /{luck.randint(1, 3)} HTTP/1.0" 200 {luck.randint(1, 99)}'

    return _lines(luck, request, "cut sho")


def step_chains(luck: Luck) -> bytes:
    number = luck.randint(1, 9)
    all_of_it = [line.rstrip("\n") for line in messages(number)]
    wrong = f'{{"Number":{number},"Step":{luck.randint(0, 5)},"Value":{luck.randint(1, 9)}}}'
    some = luck.sample(all_of_it, luck.randint(1, len(all_of_it)))
    lines = luck.choice([all_of_it, some, [*some, wrong], [*all_of_it, "no message"]])
    return "".join(f"{line}\n" for line in lines).encode()


def people(luck: Luck) -> bytes:
    born = luck.choice([612302400000, -86400001, 0])
    person = f"First{luck.randint(1, 4)}, {luck.choice(['Lee', ''])}, {born}\n"
    broken = luck.choice(["", "", "", "cut sho\n", "cut sho\n" * 2])
    return f"first_name, last_name, birthts\n{person}{broken}".encode()


def people_images(luck: Luck) -> bytes:
    return luck.randbytes(luck.choice([0, 1, 9]))


CONTENT = {f.__name__: f for f in (
    events, products, articles, clickstream, votes, access_log, step_chains, people, people_images
)}  # fmt: skip
PATHS = {
    "events": [f"folder{n % 2}/{n}.txt" for n in range(4)],
    "access_log": [f"{n}/access.log" for n in range(4)],
    "step_chains": [f"{n}.jsonl" for n in range(4)],
    "people": [f"u{n}.csv" for n in range(1, 5)],
    "people_images": [f"u{n}.{kind}" for n in range(1, 5) for kind in ("png", "jpg")],
}
STRICTER: dict[str, Expectation] = {
    "events": expect.column_values_to_not_match_regex("session_id", "1$"),
    "products": expect.column_values_to_not_match_regex("sku", "[13]$"),
    "articles": expect.column_values_to_not_match_regex("id", "[12]$"),
    "clickstream": expect.column_values_to_not_match_regex("user_id", "[12]$"),
    "votes": expect.column_values_to_be_between("kiosk_id", 2),
    "access_log": expect.column_values_to_not_match_regex("host", "x$"),
    "step_chains": expect.column_values_to_be_between("step", max_value=2),
    "people": expect.column_values_to_not_match_regex("first_name", "1$"),
    "people_images": expect.column_values_to_not_match_regex("user_id", "1$"),
}


def arrive(dataset: str, luck: Luck) -> None:
    """A file under a new path, or a new version of one."""
    paths = PATHS.get(dataset, [f"{n}.csv" for n in range(4)])
    land(datasets.get(dataset).folder, luck.choice(paths), CONTENT[dataset](luck))


def leave(dataset: str, luck: Luck) -> None:
    """A file is taken out of a mirror."""
    declared = datasets.get(dataset)
    here = [p for p in landing.folder(declared).rglob("*") if declared.accepts(p.name)]
    if here:
        luck.choice(sorted(here)).unlink()


def load_again(warehouse: psycopg.Connection, dataset: str, luck: Luck) -> None:
    """A replay of a file that counts; of a mirror, of one whose bytes are those in the folder."""
    counting = warehouse.execute(
        """
        SELECT file_id FROM ingest.file f WHERE dataset = %s AND state = 'sealed'
          AND NOT (%s AND EXISTS (SELECT FROM ingest.file n WHERE n.dataset = f.dataset
                                  AND n.path = f.path AND n.version > f.version))
        ORDER BY 1
        """,
        [dataset, datasets.get(dataset).mirror],
    ).fetchall()
    if counting:
        replay(luck.choice(counting)[0])


def retract(warehouse: psycopg.Connection, dataset: str, luck: Luck) -> None:
    """Somebody takes the rows of a file back."""
    query = "SELECT file_id FROM ingest.file WHERE dataset = %s AND state = 'sealed' ORDER BY 1"
    if counting := warehouse.execute(query, [dataset]).fetchall():
        perform.now(actions.retract(luck.choice(counting)[0], "mia", "wrong"))


def bring_back(warehouse: psycopg.Connection, dataset: str, luck: Luck) -> None:
    """Somebody brings the rows of a retracted file, or of a version before it, back."""
    query = "SELECT * FROM ingest.file WHERE dataset = %s AND state = 'superseded' ORDER BY 1"
    with warehouse.cursor(row_factory=dict_row) as cursor:
        gone = cursor.execute(query, [dataset]).fetchall()
    ready = [file for file in gone if ledger.Act.REPLAY not in actions.why_not(warehouse, file)]
    if ready:
        replay(luck.choice(ready)["file_id"])


def step(warehouse: psycopg.Connection, dataset: str, luck: Luck) -> None:
    """One thing happens to a dataset, and is loaded."""
    declared = datasets.get(dataset)
    others = ["leave"] if declared.mirror else ["retract", "bring back"]
    match luck.choice(["arrive"] * 5 + ["again", "stricter", *others]):
        case "arrive":
            arrive(dataset, luck)
        case "leave":
            leave(dataset, luck)
        case "retract":
            retract(warehouse, dataset, luck)
        case "bring back":
            bring_back(warehouse, dataset, luck)
        case "again":
            load_again(warehouse, dataset, luck)
        case "stricter":
            rules = (*declared.expectations, STRICTER[dataset])
            strict = dataclasses.replace(declared, expectations=rules)
            with_strict = datasets.all_datasets() | {dataset: strict}
            with datasets.only(*with_strict.values()):
                load_again(warehouse, dataset, luck)
                ingest(dataset)
    ingest(dataset)


def groups() -> list[str]:
    """A dataset of each set that is built as one."""
    return sorted({lineage.built_with(name)[0] for name in datasets.all_datasets()})


def all_names() -> list[str]:
    """Every mart."""
    return sorted({mart for name in datasets.all_datasets() for mart in lineage.marts(name)})


def all_marts(warehouse: psycopg.Connection) -> Marts:
    """Every row of every mart, as text, in one order."""
    return {
        mart: sorted(map(repr, warehouse.execute(f"SELECT * FROM marts.{mart}").fetchall()))
        for mart in all_names()
    }


def happen(warehouse: psycopg.Connection, luck: Luck) -> None:
    """A lot happens, with most of the marts built now and then, and all of them in the end."""
    for _ in range(ROUNDS):
        for dataset in luck.choices(sorted(CONTENT), k=4 * len(CONTENT)):
            step(warehouse, dataset, luck)
        for dataset in groups():
            if luck.random() < 0.7:
                build.build(dataset)
    for dataset in groups():
        build.build(dataset)


def test_everything_that_happens_is_told_for_every_dataset() -> None:
    assert CONTENT.keys() == STRICTER.keys() == datasets.all_datasets().keys()


@pytest.mark.parametrize("seed", SEEDS)
def test_increments_equal_a_full_refresh_of_every_dataset(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    configure(monkeypatch, engine="in_process")
    luck = random.Random(seed)
    empty = set(all_names())
    for _ in range(2):  # the second time, increments follow a full refresh
        happen(warehouse, luck)
        incremental = all_marts(warehouse)
        for dataset in groups():
            build.full_refresh(dataset)
        refreshed = all_marts(warehouse)
        assert {mart: rows for mart, rows in incremental.items() if rows != refreshed[mart]} == {}
        empty -= {mart for mart, rows in incremental.items() if rows}
    assert empty == set(), "nothing was compared of these"

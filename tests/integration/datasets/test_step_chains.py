"""Step chains: in pieces, repeated, wrong, beyond 64 bits; and what is asked of them."""

import json
from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest

from penstock.intake.step_chains import messages, values
from penstock.marts import build, dbt, lineage
from tests import pipeline
from tests.integration.conftest import Penstock
from tests.integration.marts.ledger import arrive
from tests.pipeline import ask

BEYOND_64_BITS = 12_327_829_503  # peaks at 20722398914405051728
SUMMARY = "SELECT number, steps, peak, complete FROM marts.step_chain_summary ORDER BY number"


def land(path: str, lines: Iterable[str]) -> None:
    pipeline.land("step_chains", path, "".join(lines).encode())


def take_in() -> None:
    pipeline.ingest("step_chains")
    build.build("step_chains")


def chains_containing(value: int) -> str:
    """The analysis, as dbt compiles it."""
    given = ["--select", "chains_containing", "--vars", json.dumps({"x": value})]
    (result,) = dbt.run("compile", ["compile", *given])
    return result.node.compiled_code


def test_chains_arrive_in_pieces_with_repeats_and_faults(
    warehouse: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    of_17, of_27 = [*messages(17)], [*messages(27)]
    wrong = ['{"Number":6,"Step":0,"Value":6}\n', '{"Number":6,"Step":1,"Value":1}\n']
    refused = [
        '{"Number":17,"Step":1}\n',
        '{"Number":0,"Step":0,"Value":1}\n',
        '{"Number":17,"Step":-1,"Value":1}\n',
        '{"Number":17,"Step":1,"Value":1.5}\n',
        "not a message\n",
    ]
    land("second-half.jsonl", [*of_27[:55:-1], *wrong, *refused])
    land("one.jsonl", of_17)
    take_in()
    found = {number: rest for number, *rest in ask(warehouse, SUMMARY)}
    assert found[17] == [12, 52, True]
    assert found[27] == [111, 9232, False], "its beginning is missing"
    assert found[6] == [1, 6, False], "1 does not follow from 6"
    assert ask(warehouse, "SELECT count(*) FROM ingest.quarantine") == [(len(refused),)]
    assert "incomplete_step_chains: Got 2 results" in caplog.text

    contrary = '{"Number":17,"Step":3,"Value":99}\n'
    land("first-half.jsonl", [*of_17, contrary, *of_27[:60], *messages(BEYOND_64_BITS)])
    take_in()
    found = {number: rest for number, *rest in ask(warehouse, SUMMARY)}
    big = [*values(BEYOND_64_BITS)]
    assert max(big) > 2**64
    assert found == {
        6: [1, 6, False],
        17: [12, 52, True],
        27: [111, 9232, True],
        BEYOND_64_BITS: [len(big) - 1, max(big), True],
    }
    chains = "SELECT number, array_agg(value ORDER BY step) FROM marts.step_chains GROUP BY 1"
    assert dict(ask(warehouse, f"{chains} HAVING number <> 6")) == {
        number: [*values(number)] for number in (17, 27, BEYOND_64_BITS)
    }

    for x in (52, 17, 40, 1, 10**30):
        whose = [n for n in sorted(found) if n not in (6, x) and x in values(n)]
        assert [number for number, _ in ask(warehouse, chains_containing(x))] == whose, x

    incremental = [ask(warehouse, f"TABLE marts.{mart}") for mart in lineage.marts("step_chains")]
    build.full_refresh("step_chains")
    anew = [ask(warehouse, f"TABLE marts.{mart}") for mart in lineage.marts("step_chains")]
    assert [sorted(rows) for rows in incremental] == [sorted(rows) for rows in anew]


def test_who_holds_a_value_is_found_by_index(warehouse: psycopg.Connection) -> None:
    chains = [(number, [*values(number)]) for number in range(1, 40)]
    rows = [
        {"number": number, "step": step, "value": value}
        for number, chain in chains
        for step, value in enumerate(chain)
    ]
    arrive(warehouse, "step_chains", "a.jsonl", rows)
    build.full_refresh("step_chains")
    warehouse.execute("SET enable_seqscan = off")
    plan = "\n".join(row[0] for row in ask(warehouse, "EXPLAIN " + chains_containing(52)))
    assert "Index Cond: (value = '52'::numeric)" in plan, plan
    for question in ("steps", "peak"):
        query = f"SELECT number FROM marts.step_chain_summary WHERE complete ORDER BY {question}"
        plan = "\n".join(row[0] for row in ask(warehouse, f"EXPLAIN {query} DESC LIMIT 1"))
        assert "Index Scan Backward" in plan
        assert "Sort" not in plan, plan


def test_what_a_replay_retracts_makes_way_for_what_stood_behind_it(
    warehouse: psycopg.Connection,
) -> None:
    def rows(*values: int) -> list[dict[str, int]]:
        return [{"number": 2, "step": step, "value": value} for step, value in enumerate(values)]

    first = arrive(warehouse, "step_chains", "a.jsonl", rows(2, 7))
    arrive(warehouse, "step_chains", "b.jsonl", rows(2, 1))
    build.build("step_chains")
    assert ask(warehouse, SUMMARY) == [(2, 1, 7, False)]
    again = arrive(warehouse, "step_chains", "a.jsonl", rows(2)[:1], replay_of=first)
    build.build("step_chains")
    assert ask(warehouse, SUMMARY) == [(2, 1, 2, True)]
    query = "SELECT step, value, file_id FROM marts.step_chains ORDER BY step"
    assert ask(warehouse, query) == [(0, 2, again), (1, 1, again - 1)]


def test_produced_from_the_command_line(
    penstock: Penstock, warehouse: psycopg.Connection, home: Path
) -> None:
    def output(*arguments: str) -> str:
        done = penstock(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    produce = ("produce", "step-chains", "--numbers", "7", "--producers", "3", "--seed", "s")
    landed = output(*produce).splitlines()
    assert [Path(path).parent for path in landed] == [home / "landing" / "step_chains"] * 3
    output("load", "step_chains")
    output(*produce)
    states = [file["state"] for file in json.loads(output("load", "step_chains", "--json"))]
    assert states == ["duplicate"] * 3
    query = "SELECT count(*), bool_and(complete) FROM marts.step_chain_summary"
    assert ask(warehouse, query) == [(7, True)]


@pytest.mark.parametrize("option", ["--numbers", "--producers"])
def test_producing_nothing_is_a_misuse(penstock: Penstock, option: str) -> None:
    done = penstock("produce", "step-chains", "--numbers", "1", option, "0")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)

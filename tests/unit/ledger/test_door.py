"""The ledger is the only door to the schema `ingest`, and the only place that spells states."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock import ledger

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "include/penstock"
LEDGER, MIGRATIONS = PACKAGE / "ledger", PACKAGE / "schema/migrations"
# Alembic's version of the schema is no part of the ledger.
_SQL = re.compile(
    r"\b(from|join|into|update|table|copy|nextval\(')\s*\(?ingest\.(?!alembic_version)", re.I
)
_STATE = re.compile(r"\bstate\s*(=|<>|!=|(not\s+)?in\b)\s*\(?\s*'", re.I)
# Words that are states, too, but stand for something else.
_OTHER_MEANINGS = {
    "files/landing.py": {"claimed", "rejected"},  # areas beside the landing zone
    "files/sweep.py": {"claimed"},
    "arrivals/unpack.py": {"claimed"},
    "arrivals/claim.py": {"claimed"},
    "arrivals/archive.py": {"claimed", "rejected"},
    "stations/held.py": {"loading"},  # a folder
    "stations/perform.py": {"claimed"},
    "site/pages/file_downloads.py": {"claimed", "rejected"},
    "check/report.py": {"rejected", "sealed"},  # verdicts on a file that is not in the ledger
    "api/receiving.py": {"loading", "rejected"},  # states of an upload
}


def _sources() -> Iterator[Path]:
    for path in [*PACKAGE.rglob("*.py"), *ROOT.glob("dags/*.py"), *ROOT.glob("plugins/*.py")]:
        if not (path.is_relative_to(LEDGER) or path.is_relative_to(MIGRATIONS)):
            yield path


def _strings(path: Path) -> list[str]:
    """The string literals of a module, without its docstrings."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    statements = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in statements
    ]


@pytest.mark.parametrize("path", sorted(_sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_ledger_queries_ingest_and_spells_states(path: Path) -> None:
    strings = _strings(path)
    assert [text for text in strings if _SQL.search(text) or _STATE.search(text)] == []
    name = str(path.relative_to(PACKAGE)) if path.is_relative_to(PACKAGE) else path.name
    states = set(map(str, ledger.State)) & set(strings)
    assert states == states & _OTHER_MEANINGS.get(name, set())


@pytest.mark.parametrize("path", sorted(_sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_callers_use_the_package_and_not_its_modules(path: Path) -> None:
    imported = [
        node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
    ]
    assert [module for module in imported if module.startswith("penstock.ledger")] == []


def test_dbt_spells_no_state() -> None:
    literals = re.compile(rf"'({'|'.join(ledger.State)})'")
    folders = (ROOT / "dbt_project" / name for name in ("macros", "models", "tests", "analyses"))
    files = [path for folder in folders for path in folder.rglob("*.sql")]
    assert files
    assert [path.name for path in files if literals.search(path.read_text())] == []


def test_a_state_is_in_flight_or_final() -> None:
    assert {*ledger.IN_FLIGHT} | {*ledger.FINAL} == {*ledger.State}
    assert not {*ledger.IN_FLIGHT} & {*ledger.FINAL}
    assert {*ledger.UNBUILT} < {*ledger.FINAL}

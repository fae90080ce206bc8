"""The declared dependencies, the locks and the tools' versions agree."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.programs import ROOT

PROJECT = ROOT
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)")
OURS = {"penstock", "tests", "bench", *(path.stem for path in (PROJECT / "plugins").iterdir())}
LOCKS = {
    "requirements.txt": [DECLARED["project"]["dependencies"]],
    "requirements-dev.txt": [DECLARED["dependency-groups"][of] for of in ("test", "lint", "docs")],
    "bench/requirements.txt": [DECLARED["dependency-groups"]["bench"]],
}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_has_each_declared_version_with_hashes(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    entries = re.findall(r"^\S+==.*$", text, re.MULTILINE)
    locked = {_normalised(name): version for name, version in PIN.findall("\n".join(entries))}
    declared = dict(PIN.fullmatch(pin).groups() for group in LOCKS[lock] for pin in group)
    assert {n: locked.get(_normalised(n)) for n in declared} == declared
    assert all(entry.endswith("\\") for entry in entries), "each is followed by its hashes"


def test_every_imported_package_is_declared() -> None:
    declared = {_normalised(PIN.match(pin).group(1)) for pin in DECLARED["project"]["dependencies"]}
    # Parts of declared ones: of FastAPI, dbt, Pydantic, Psycopg and Jinja2.
    declared |= {"starlette", "dbt-common", "pydantic-core", "psycopg-pool", "markupsafe"}
    providers = packages_distributions()
    missing = {
        f"{module} in {path.relative_to(PROJECT)}"
        for path, module in _imports("include", "dags", "plugins", "docker")
        if not declared & {_normalised(name) for name in providers.get(module, [])}
    }
    assert not missing


def test_one_version_of_uv() -> None:
    wanted = DECLARED["tool"]["uv"]["required-version"]
    assert f"uv{wanted}" in (PROJECT / "Dockerfile").read_text()


def _imports(*folders: str) -> Iterator[tuple[Path, str]]:
    """Each module of others that the code imports, by its top-level name."""
    for folder in folders:
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    names = [node.module]
                for top in {name.partition(".")[0] for name in names}:
                    if top not in sys.stdlib_module_names | OURS:
                        yield path, top


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

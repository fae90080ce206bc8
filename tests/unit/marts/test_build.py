"""The build station without a warehouse: what is light, and what the project declares."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import nodes

from penstock.datasets import all_datasets
from penstock.marts import dbt, lineage
from penstock.settings import settings


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENSTOCK_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PENSTOCK_WAREHOUSE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
        settings.cache_clear()
        yield dbt.manifest()
    settings.cache_clear()


def test_marts_need_no_dbt_and_no_pandas() -> None:
    code = (
        "import sys; from penstock.marts import lineage; lineage.marts('events');"
        "sys.exit(bool({'dbt', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("dataset", sorted(all_datasets()))
def test_marts_are_those_of_dbts_own_graph(manifest: Any, dataset: str) -> None:
    found: set[str] = set()
    queue = [f"source.penstock.staging.{name}" for name in lineage.built_with(dataset)]
    while queue:
        below = set(manifest.child_map[queue.pop()]) - found
        found |= below
        queue.extend(below)
    nodes = [manifest.nodes[name] for name in found if name.startswith("model.")]
    expected = sorted(node.name for node in nodes if "marts" in node.fqn)
    assert list(lineage.marts(dataset)) == expected != []


def test_every_model_and_column_is_described(manifest: Any) -> None:
    for node in manifest.nodes.values():
        if node.resource_type == "model":
            assert node.description, node.name
            assert all(column.description for column in node.columns.values()), node.name
            assert node.patch_path.endswith(f"{node.name}.yml"), "one yml beside each model"


def test_every_column_of_a_mart_is_held_by_a_contract_and_a_test(manifest: Any) -> None:
    """By a constraint that Postgres keeps, a data test, or a value that a unit test expects."""
    for node in manifest.nodes.values():
        if node.resource_type != "model" or "marts" not in node.fqn:
            continue
        assert node.contract.enforced, node.name
        held = {name for name, column in node.columns.items() if column.constraints}
        tests = [manifest.nodes[child] for child in _tests(manifest, node)]
        held |= {test.column_name for test in tests if hasattr(test, "column_name")}
        for unit in manifest.unit_tests.values():
            if unit.model == node.name:
                held |= set(unit.expect.rows[0])
        assert set(node.columns) <= held, node.name


def _tests(manifest: Any, node: Any) -> list[str]:
    return [child for child in manifest.child_map[node.unique_id] if child.startswith("test.")]


def test_every_unit_test_is_described(manifest: Any) -> None:
    units = manifest.unit_tests.values()
    assert [unit.name for unit in units if not unit.description] == []


def test_every_macro_and_every_argument_of_it_is_described(manifest: Any) -> None:
    """In the `_macros.yml` beside it, with the arguments as the macro has them."""
    ours = [macro for macro in manifest.macros.values() if macro.package_name == "penstock"]
    assert ours
    for macro in ours:
        assert macro.description, macro.name
        assert macro.patch_path.endswith("/_macros.yml"), macro.name
        assert [argument.name for argument in macro.arguments] == _arguments(macro), macro.name
        assert all(argument.description for argument in macro.arguments), macro.name


def _arguments(macro: Any) -> list[str]:
    from dbt_common.clients.jinja import parse  # imported on use, for it takes a second

    (block,) = parse(macro.macro_sql).find_all(nodes.Macro)
    # dbt gives every materialization an argument `supported_languages`.
    return [each.name for each in block.args if each.name != "supported_languages"]


def test_staging_sources_are_the_declared_datasets(manifest: Any) -> None:
    staging = [s.name for s in manifest.sources.values() if s.source_name == "staging"]
    assert sorted(staging) == list(all_datasets())


def test_every_source_and_every_column_of_it_is_described(manifest: Any) -> None:
    for source in manifest.sources.values():
        assert source.description, source.name
        assert all(column.description for column in source.columns.values()), source.name


def test_who_reads_the_marts_is_told(manifest: Any) -> None:
    """Each exposure is described; a mart that is a file too has one."""
    assert all(exposure.description for exposure in manifest.exposures.values())
    read = {name for e in manifest.exposures.values() for name in e.depends_on.nodes}
    exported = {
        n.unique_id for n in manifest.nodes.values() if "export" in n.config.get("meta", {})
    }
    assert exported
    assert exported <= read


def test_a_change_of_the_project_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt, "PROJECT", tmp_path)
    (tmp_path / "models").mkdir()
    model = tmp_path / "models" / "a.sql"
    seen = {dbt._fingerprint()}
    for text in ("select 1", "select 2"):
        before = model.stat().st_mtime_ns if model.exists() else 0
        while not model.exists() or model.stat().st_mtime_ns == before:
            model.write_text(text)
        seen.add(dbt._fingerprint())
    model.unlink()
    assert dbt._fingerprint() in seen
    assert len(seen) == 3

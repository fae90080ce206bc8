"""What every dataset has: declaration, sample, models, tests, docs. `penstock new dataset` too."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.datasets import all_datasets
from penstock.declare.dataset import Dataset
from penstock.files import content, landing
from penstock.formats.parse import parse
from penstock.formats.registry import reader_of
from penstock.formats.scan import scan
from penstock.marts import contracts, lineage
from penstock.validate import validate
from tests.programs import ROOT

DBT = ROOT / "dbt_project"
SAMPLES = ROOT / "include" / "penstock" / "samples"
LINEAGE = {"_file_id", "_row"}

pytestmark = pytest.mark.parametrize("dataset", all_datasets().values(), ids=lambda d: d.name)


def models(dataset: Dataset) -> list[Path]:
    """The SQL of its staging model and of its marts."""
    names = {f"stg_{dataset.name}", *lineage.marts(dataset.name)}
    return sorted(path for path in (DBT / "models").rglob("*.sql") if path.stem in names)


def declared(sql: Path) -> dict[str, Any]:
    """The .yml beside a model."""
    return yaml.safe_load(sql.with_suffix(".yml").read_text())


def model_of(sql: Path) -> dict[str, Any]:
    """What the .yml beside a model says of it."""
    (model,) = [m for m in declared(sql)["models"] if m["name"] == sql.stem]
    return model


def samples(dataset: Dataset) -> Iterator[tuple[str, Path]]:
    """Path below the landing folder, and place, of each of its sample files."""
    for folder in {SAMPLES / dataset.name, SAMPLES / dataset.folder}:
        for place in sorted(folder.rglob("*")):
            path = place.relative_to(folder).as_posix()
            if place.is_file() and dataset.accepts(path):
                yield path, place


def judged(dataset: Dataset, path: str, place: Path) -> tuple[int, int]:
    """(good, bad) records of a file."""
    good = bad = 0
    found = scan(dataset, path, place, 1)
    source = reader_of(dataset, path).open(place, 1)
    for block in found.blocks:
        data = content.read_range(source, block.first_byte, block.last_byte)
        known = landing.etag(place.stat())
        parsed = parse(dataset, path, data, block.first_line, found.columns, known)
        verdict = validate(dataset, parsed.frame)
        good += int(verdict.good.sum())
        bad += len(verdict.reasons) + len(parsed.refused)
    return good, bad


def test_its_declaration_says_what_it_is(dataset: Dataset) -> None:
    assert dataset.description.endswith(".")
    assert (ROOT / "include/penstock/datasets" / f"{dataset.name}.py").exists()


@pytest.mark.usefixtures("bare_home")
def test_its_samples_hold_good_and_bad_records(dataset: Dataset) -> None:
    counts = [judged(dataset, path, place) for path, place in samples(dataset)]
    assert sum(good for good, _ in counts) > 0
    assert sum(bad for _, bad in counts) > 0


def test_its_staging_table_is_a_source_that_tells_its_age(dataset: Dataset) -> None:
    sql = DBT / "models" / "staging" / f"stg_{dataset.name}.sql"
    (source,) = [s for s in declared(sql)["sources"] if s["name"] == "staging"]
    (table,) = [t for t in source["tables"] if t["name"] == dataset.name]
    assert source["config"] == {"loaded_at_field": "sealed_at"}  # of the ledger
    assert table["description"]
    assert {c["name"] for c in table["columns"] if c["description"]} >= LINEAGE


def test_its_staging_model_reads_every_declared_column(dataset: Dataset) -> None:
    text = (DBT / "models" / "staging" / f"stg_{dataset.name}.sql").read_text()
    assert [c.name for c in dataset.columns if not re.search(rf"\b{c.name}\b", text)] == []


def test_it_has_marts_and_each_model_and_column_is_described(dataset: Dataset) -> None:
    assert lineage.marts(dataset.name)
    for sql in models(dataset):
        model = model_of(sql)
        assert model["description"], sql
        texts = {c["name"]: contracts.description(c["description"]) for c in model["columns"]}
        assert [name for name, text in texts.items() if not text] == [], sql


def test_the_contract_of_its_marts_is_enforced(dataset: Dataset) -> None:
    project = yaml.safe_load((DBT / "dbt_project.yml").read_text())
    assert project["models"]["penstock"]["marts"]["+contract"] == {"enforced": True}
    for mart in (sql for sql in models(dataset) if "marts" in sql.parts):
        assert [c["name"] for c in model_of(mart)["columns"] if not c.get("data_type")] == [], mart
        assert "contract" not in mart.read_text(), f"{mart} is not to switch its contract off"


def test_one_of_its_models_says_that_it_holds_its_rows(dataset: Dataset) -> None:
    metas = [model_of(sql).get("config", {}).get("meta", {}) for sql in models(dataset)]
    (meta,) = [meta for meta in metas if meta.get("rows_of") == dataset.name]
    assert meta.get("others") in {None, "replaced", "deduplicated"}


def test_it_has_unit_tests(dataset: Dataset) -> None:
    """One of the staging model (only rows of sealed files show) or of a mart at the least."""
    assert any(declared(sql).get("unit_tests") for sql in models(dataset))


def test_it_has_data_tests_or_constraints_of_its_marts(dataset: Dataset) -> None:
    marts = [sql for sql in models(dataset) if "marts" in sql.parts]
    tests = "\n".join(p.read_text() for p in (DBT / "tests").rglob("*.sql"))
    assert any(
        "data_tests" in mart.with_suffix(".yml").read_text()
        or "'unique': true" in mart.read_text()
        or f"ref('{mart.stem}')" in tests
        for mart in marts
    )


def test_it_has_a_test_of_its_own(dataset: Dataset) -> None:
    places = (ROOT / "tests" / "integration" / "datasets").glob("test_*.py")
    assert any(f'"{dataset.name}"' in place.read_text() for place in places)

"""Datasets outside the package, and those that are broken, which stop no other."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from penstock import datasets
from penstock.errors import PenstockError
from penstock.marts import build, dbt, docs_site, lineage
from penstock.scaffold import new_dataset
from penstock.schema import migrate
from tests.pipeline import configure, ingest, land

SEATS = "No,city\n1,Oslo\n2,Bergen\n"


@pytest.fixture
def own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of datasets with one in it."""
    folder = tmp_path / "own"
    configure(monkeypatch, datasets=folder)
    sample = tmp_path / "seats.csv"
    sample.write_text(SEATS)
    written = new_dataset("seats", [sample])
    assert {path.relative_to(folder).as_posix() for path in written} == {
        "seats/dataset.py",
        "seats/samples/seats.csv",
        "seats/models/staging/stg_seats.sql",
        "seats/models/staging/stg_seats.yml",
        "seats/models/marts/seats.sql",
        "seats/models/marts/seats.yml",
    }
    _forget()
    yield folder
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    datasets._known.cache_clear()
    for kept in (lineage.models, lineage._made_of, lineage.built_with, lineage.mart_of_rows):
        kept.cache_clear()


def test_a_dataset_outside_loads_and_builds_beside_ours(
    own: Path, warehouse: psycopg.Connection
) -> None:
    migrate()
    land("seats", "a.csv", SEATS.encode())
    ingest("seats")
    assert build.build("seats").rows == {"seats": 2}
    assert warehouse.execute("SELECT no, city FROM marts.seats ORDER BY no").fetchall() == [
        (1, "Oslo"),
        (2, "Bergen"),
    ]
    rows = warehouse.execute("SELECT rows_standing FROM ingest.file_rows()").fetchall()
    assert rows == [(2,)]
    results = dbt.run("unit_test", ["test", "--select", "test_type:unit,stg_seats seats"])
    assert {result.status for result in results} == {"pass"}
    assert "seats" in docs_site.build().read_text()


def test_one_that_is_broken_is_told_by_name_and_stops_no_other(
    own: Path, warehouse: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(own / "seats", own / "torn")
    (own / "torn" / "dataset.py").write_text("from penstock.nowhere import nothing\n")
    (own / "empty").mkdir()
    (own / "empty" / "dataset.py").write_text("")
    migrate()
    model = own / "seats" / "models" / "marts" / "seats.yml"
    sound = model.read_text()
    land("seats", "a.csv", SEATS.encode())
    ingest("seats")
    for wrong in ("- {no: yes", sound.replace("Seats,", "{% if %}")):
        model.write_text(wrong)
        _forget()
        with pytest.raises(PenstockError, match="dbt cannot read the models of seats"):
            build.build("seats")
        migrate()
        land("products", f"{len(wrong)}.csv", f"name,sku\nA,{len(wrong)}\n".encode())
        ingest("products")
        assert build.build("products").rows
        assert "dbt reads the models of products alone" in caplog.text
    assert "product_aggregates" in docs_site.build().read_text()
    assert "the models of seats are left out" in caplog.text
    told = lineage.broken()
    assert told["torn"].endswith("dataset.py, line 1: ModuleNotFoundError: "
                                 "No module named 'penstock.nowhere'")  # fmt: skip
    assert "expected a Dataset, found none" in told["empty"]
    with pytest.raises(PenstockError, match=r"dataset torn is broken: .*line 1"):
        datasets.get("torn")
    names = warehouse.execute("SELECT sku FROM marts.products ORDER BY sku").fetchall()
    assert len(names) == 2
    model.write_text(sound)
    assert build.build("seats").rows == {"seats": 2}


def test_names_that_are_in_use_and_folders_that_everybody_can_write_to(own: Path) -> None:
    shutil.copytree(own / "seats", own / "twin")
    shutil.copytree(own / "seats", own / "double")
    text = (own / "seats" / "dataset.py").read_text()
    (own / "double" / "dataset.py").write_text(text.replace('name="seats"', 'name="double"'))
    shutil.copytree(own / "seats", own / "open")
    (own / "open" / "dataset.py").chmod(0o666)
    _forget()
    told = datasets.broken()
    assert told.keys() == {"seats", "twin", "open"}
    assert "there is a model seats, stg_seats elsewhere, too" in told["seats"]
    assert "everybody can write to it" in told["open"]
    assert "seats" in datasets.broken()
    assert "double" in datasets.all_datasets()

"""A mirror's folder that is lost retracts nothing, and a great loss waits for a person."""

import shutil
from pathlib import Path

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock import datasets, ledger
from penstock.arrivals import mirror, mirror_folder
from penstock.datasets import get
from penstock.errors import HostFault, PenstockError
from penstock.files import landing
from penstock.files.landing import MIRROR_MARKER
from penstock.stations.plan import plan
from penstock.stations.sense import arrived
from penstock.warehouse import connect
from tests.integration.api.conftest import client, make_key  # noqa: F401 - fixtures
from tests.pipeline import ingest, land, pending

PEOPLE = get("people")
CSV = b"first_name,last_name,birthts\nAda,Bell,0\n"


@pytest.fixture
def folder(home: Path) -> Path:
    return landing.root() / "people"


def take_in(count: int) -> None:
    for n in range(count):
        land("people", f"{n}.csv", CSV)
        land("people_images", f"{n}.png", b"\x89PNG")
    for dataset in ("people", "people_images"):
        ingest(dataset)


def sealed(warehouse: psycopg.Connection) -> dict[str, int]:
    query = "SELECT dataset, count(*) FROM ingest.file WHERE state = 'sealed' GROUP BY 1"
    return dict(warehouse.execute(query).fetchall())


def holds() -> list[str]:
    with connect("reader") as connection:
        return [i["message"] for i in ledger.open_incidents(connection) if i["kind"] == mirror.HOLD]


@pytest.mark.parametrize("becomes", ["missing", "new and empty", "another"])
def test_a_lost_folder_is_never_made_anew(
    becomes: str,
    folder: Path,
    warehouse: psycopg.Connection,
    client: TestClient,  # noqa: F811
) -> None:
    take_in(3)
    marker = (folder / MIRROR_MARKER).read_text()
    kept = folder.with_name("elsewhere")
    folder.rename(kept)
    if becomes != "missing":
        folder.mkdir()
    if becomes == "another":
        (folder / MIRROR_MARKER).write_text("f00\n")
    (told,) = mirror_folder.set_up_all()
    for look in (plan, arrived):
        with pytest.raises(HostFault, match=r"people .*is it mounted\? No row is retracted"):
            look("people")
    with pytest.raises(HostFault):
        plan("people_images")
    if (
        becomes != "another"
    ):  # a folder that bears a mark: only the warehouse knows that it is wrong
        answer = client.post("/uploads/people?filename=new.csv", content=CSV)
        assert (answer.status_code, "is it mounted?" in answer.json()["detail"]) == (503, True)
        assert not any(path.suffix == ".csv" for path in folder.rglob("*"))
    assert sealed(warehouse) == {"people": 3, "people_images": 3}
    if becomes == "missing":
        assert not folder.exists()
        kept.rename(folder)
    else:  # what the message says
        assert f"echo {marker.strip()} > {folder / MIRROR_MARKER}" in told
        shutil.copytree(kept, folder, dirs_exist_ok=True)
    assert mirror_folder.set_up_all() == []
    ingest("people")
    assert sealed(warehouse) == {"people": 3, "people_images": 3}


def test_a_folder_from_before_they_were_marked_is_marked_once(
    folder: Path, warehouse: psycopg.Connection
) -> None:
    take_in(2)
    (folder / MIRROR_MARKER).unlink()
    warehouse.execute("DELETE FROM ingest.mirror")
    kept = folder.with_name("elsewhere")
    folder.rename(kept)
    folder.mkdir()
    (told,) = mirror_folder.set_up_all()
    assert "holds none of the 4 files it held" in told
    folder.rmdir()
    kept.rename(folder)
    assert mirror_folder.set_up_all() == []
    assert (folder / MIRROR_MARKER).exists()
    folder.rename(kept)
    with pytest.raises(HostFault):
        plan("people")


def test_a_great_loss_is_held_until_it_is_approved(
    folder: Path, warehouse: psycopg.Connection
) -> None:
    take_in(10)
    for n in range(6):
        (folder / f"{n}.csv").unlink()
    land("people", "new.csv", CSV)
    assert arrived("people")
    ingest("people")
    assert sealed(warehouse) == {"people": 11, "people_images": 10}, "what is new loads"
    (told,) = holds()
    assert told.startswith(f"6 of 10 files of people are gone from {folder}")
    assert "penstock approve people" in told
    warehouse.execute("UPDATE ingest.file SET built_at = now()")
    assert not pending("people")
    with pytest.raises(PenstockError, match="people_images: no loss waits"):
        mirror.approve(get("people_images"), "mia")
    assert mirror.approve(PEOPLE, "mia") == 6
    assert arrived("people")
    plan("people")
    assert (sealed(warehouse)["people"], holds()) == (5, [])
    with pytest.raises(PenstockError, match="people: no loss waits"):
        mirror.approve(PEOPLE, "mia")


def test_a_hold_ends_when_the_files_are_back(folder: Path, warehouse: psycopg.Connection) -> None:
    take_in(10)
    (folder.parent / "kept").mkdir()
    for n in range(10):
        shutil.move(folder / f"{n}.png", folder.parent / "kept")
    plan("people_images")
    assert len(holds()) == 1
    for path in (folder.parent / "kept").iterdir():
        shutil.move(path, folder)
    assert arrived("people_images")
    plan("people_images")
    assert holds() == []
    assert sealed(warehouse) == {"people": 10, "people_images": 10}


def test_the_api_approves(folder: Path, client: TestClient) -> None:  # noqa: F811
    take_in(10)
    assert client.post("/approvals/people").status_code == 409
    assert client.post("/approvals/nope").status_code == 404
    assert client.post("/approvals/events").status_code == 409
    for path in [*folder.glob("*.csv")]:
        path.unlink()
    plan("people")
    answer = client.post("/approvals/people")
    assert (answer.status_code, answer.json()) == (200, {"dataset": "people", "files": 10})
    plan("people")
    assert holds() == []
    take_in(10)
    for path in [*folder.glob("*.csv")]:
        path.unlink()
    plan("people")
    assert len(holds()) == 1, "an approval is for one loss"


def test_every_dataset_has_a_folder_before_anything_lands(warehouse: psycopg.Connection) -> None:
    assert mirror_folder.set_up_all() == []
    folders = {dataset.folder for dataset in datasets.all_datasets().values()}
    assert {place.name for place in landing.root().iterdir() if place.is_dir()} == folders

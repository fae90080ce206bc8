"""People and their images: matched whichever comes first, gone when their file is."""

import csv
import json
from pathlib import Path
from typing import Any

import psycopg

from penstock.files import landing
from penstock.marts import build
from tests import pipeline
from tests.integration.conftest import Penstock

COLUMNS = ["user_id", "first_name", "last_name", "birthts", "img_path"]
HEADER = "first_name, last_name, birthts\n"
PNG = b"\x89PNG\r\n\x1a\n"


def person(user: str, first: str, last: str, birthts: int | str, *more: str) -> None:
    text = HEADER + f"{first}, {last}, {birthts}\n" + "".join(more)
    pipeline.land("people", f"{user}.csv", text.encode())


def image(path: str) -> None:
    pipeline.land("people", path, PNG)


def take_in(*only: str) -> None:
    for dataset in only or ("people", "people_images"):
        pipeline.ingest(dataset)
        build.build(dataset)


def remove(path: str) -> None:
    (landing.root() / "people" / path).unlink()


def people(warehouse: psycopg.Connection) -> dict[str, tuple[Any, ...]]:
    """The rest of the row by user."""
    query = """
        SELECT user_id, id, first_name, last_name, birthdate::text, birthts, img_path
        FROM marts.people
    """
    return {user: tuple(rest) for user, *rest in warehouse.execute(query).fetchall()}


def output(home: Path) -> list[list[str]]:
    with (home / "exports" / "people" / "output.csv").open(newline="") as file:
        return [*csv.reader(file)]


def images(warehouse: psycopg.Connection) -> dict[str, str | None]:
    query = "SELECT user_id, img_path FROM marts.people"
    return dict(warehouse.execute(query).fetchall())


def test_people_and_images_are_matched_whichever_comes_first(
    warehouse: psycopg.Connection, home: Path
) -> None:
    image("10.png")
    take_in("people_images")
    assert output(home) == [COLUMNS]
    person("10", "Susan", "Lee", 612302400000)
    person("9", "Ada", "Bell", -1)
    take_in("people")
    assert images(warehouse) == {"9": None, "10": "10.png"}
    image("9.JPG")
    take_in("people_images")
    assert images(warehouse) == {"9": "9.JPG", "10": "10.png"}
    assert [rest[1:] for _, rest in sorted(people(warehouse).items())] == [
        ("Susan", "Lee", "1989-05-27", 612302400000, "10.png"),
        ("Ada", "Bell", "1969-12-31", -1, "9.JPG"),
    ]
    assert output(home) == [
        COLUMNS,
        ["9", "Ada", "Bell", "-1", "9.JPG"],
        ["10", "Susan", "Lee", "612302400000", "10.png"],
    ]


def test_every_row_of_a_file_counts_and_the_last_wins(warehouse: psycopg.Connection) -> None:
    person("7", "Ada", "Bell", 0, "Ada, Not Known, yesterday\n", "Ada, Moreau, 86400000\n")
    person("8", "Cher", "", "31 March")
    take_in()
    assert {user: rest[1:] for user, rest in people(warehouse).items()} == {
        "7": ("Ada", "Moreau", "1970-01-02", 86400000, None)
    }
    told = warehouse.execute(
        """
        SELECT path, line, state, reasons[1]
        FROM ingest.quarantine JOIN ingest.file USING (file_id) ORDER BY path
        """
    ).fetchall()
    assert told == [
        ("7.csv", 3, "sealed", "birthts: yesterday, expected whole milliseconds since 1970 (UTC)"),
        ("8.csv", 2, "rejected", "birthts: 31 March, expected whole milliseconds since 1970 (UTC)"),
    ]


def test_who_is_gone_is_retired_and_comes_back_as_the_same(
    warehouse: psycopg.Connection, home: Path
) -> None:
    for user in ("1", "2", "x"):
        person(user, "First", f"of {user}", 0)
        image(f"{user}.png")
    take_in()
    before = people(warehouse)
    assert len({rest[0] for rest in before.values()}) == 3

    remove("1.csv")
    remove("2.png")
    take_in()
    assert images(warehouse) == {"2": None, "x": "x.png"}
    assert [row[0] for row in output(home)[1:]] == ["2", "x"]

    person("1", "Back", "again", 0)
    take_in()
    now = people(warehouse)
    assert now["1"] == (before["1"][0], "Back", "again", *before["1"][3:])
    assert now["x"] == before["x"]

    person("2", "Changed", "name", 0)
    take_in()
    now = people(warehouse)
    assert now["2"][:3] == (before["2"][0], "Changed", "name")
    build.full_refresh("people")
    assert people(warehouse) == now


def test_of_several_images_the_same_is_shown_in_whatever_order_they_come(
    warehouse: psycopg.Connection,
) -> None:
    for user, paths in (
        ("1", ("1.jpg", "1.png", "1.jpeg")),
        ("2", ("2.png", "2.jpg")),
        ("3", ("3.jpg", "3.jpeg")),
    ):
        person(user, "A", "B", 0)
        for path in paths:
            image(path)
            pipeline.ingest("people_images")
    take_in()
    assert images(warehouse) == {"1": "1.png", "2": "2.png", "3": "3.jpeg"}
    remove("1.png")
    take_in()
    assert images(warehouse)["1"] == "1.jpeg"


def test_the_output_is_quoted_and_in_natural_order(
    warehouse: psycopg.Connection, home: Path
) -> None:
    for user in ("10", "9", "b", "a", "007", "2a"):
        person(user, '"=1+1"', '"Lee, ""Sue"" Jr."', 0)
    take_in()
    rows = output(home)[1:]
    assert [row[0] for row in rows] == ["007", "9", "10", "2a", "a", "b"]
    assert {tuple(row[1:]) for row in rows} == {("=1+1", 'Lee, "Sue" Jr.', "0", "")}
    raw = (home / "exports" / "people" / "output.csv").read_bytes()
    assert raw.startswith(b"user_id,first_name,last_name,birthts,img_path\n")
    assert [path.name for path in (home / "exports" / "people").iterdir()] == ["output.csv"]


def test_age_is_asked_by_index(warehouse: psycopg.Connection) -> None:
    build.full_refresh("people")
    warehouse.execute("SET enable_seqscan = off")
    for question in ("user_id = '7'", "id = 7", "birthdate <= '2000-01-01'"):
        query = f"EXPLAIN SELECT * FROM marts.people WHERE {question}"
        plan = "\n".join(row[0] for row in warehouse.execute(query).fetchall())
        assert "Index Cond" in plan, plan


def test_a_folder_of_both_from_the_command_line(
    penstock: Penstock, home: Path, tmp_path: Path
) -> None:
    def load(*paths: Path, code: int = 0) -> list[dict[str, Any]]:
        done = penstock("load", "people", *paths, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    source = tmp_path / "src"
    source.mkdir()
    for user in range(20):
        (source / f"{user}.csv").write_text(f"{HEADER}A, B, {user}\n")
        (source / f"{user}.png").write_bytes(PNG)
    (source / "notes.txt").write_text("not ours")
    loaded = load(source, code=1)  # the notes are told: nobody takes them
    assert {(f["dataset"], f["state"]) for f in loaded} == {
        ("people", "sealed"),
        ("people_images", "sealed"),
    }
    assert output(home)[1:] == [[str(n), "A", "B", str(n), f"{n}.png"] for n in range(20)]
    remove("3.csv")
    remove("4.png")
    assert load() == []
    assert output(home)[4] == ["4", "A", "B", "4", ""]
    assert len(output(home)) == 20
    assert load(source / "3.csv", source / "4.png")
    assert len(output(home)) == 21


def test_births_that_cannot_be(warehouse: psycopg.Connection) -> None:
    """Microseconds, centuries ago, no whole number, nothing: each is refused by itself."""
    births = ("-9000000000000", "612302400000000", "5e11", "1.5", "")
    person("1", "Ada", "Bell", 0, *(f"Ada, Born {b}, {b}\nAda, Bell, 1\n" for b in births))
    take_in("people")
    assert people(warehouse)["1"][2:5] == ("Bell", "1970-01-01", 1)
    refused = warehouse.execute("SELECT raw FROM ingest.quarantine ORDER BY line").fetchall()
    assert [raw for (raw,) in refused] == [f"Ada, Born {born}, {born}" for born in births]

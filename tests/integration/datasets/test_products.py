"""Products: from the sample files to the marts and the quarantine."""

import re

import psycopg
import pytest

from penstock.marts import build
from tests.integration.marts.ledger import arrive
from tests.pipeline import SAMPLES, ask, ingest, land

BOTH = ("catalogue-2024-05-01.csv", "catalogue-2024-05-02.csv")


def test_the_samples_reach_the_marts_and_the_last_row_of_a_sku_wins(
    warehouse: psycopg.Connection,
) -> None:
    for name in BOTH:
        land("products", name, (SAMPLES / "products" / name).read_bytes())
        (file,) = ingest("products").files
        build.build("products")
        assert (file.state, file.rows_good, file.rows_bad) == {
            BOTH[0]: ("sealed", 8, 4),
            BOTH[1]: ("sealed", 5, 0),
        }[name]
    standing = warehouse.execute("SELECT sku, description FROM marts.products").fetchall()
    assert len(standing) == 9
    assert dict(standing)["lamp-oak-small"] == "A small oak lamp, hand turned, new cable."
    assert dict(standing)["stool-birch"] == "The three-leg stool, birch, now oiled."
    assert dict(standing)["lamp-oak-large"] == "A large oak lamp.\nShips in two boxes."
    assert dict(standing)["007"] == "The key is text: its zeros count."
    history = warehouse.execute("SELECT sku, row FROM marts.product_history ORDER BY 1").fetchall()
    assert history == [
        ("clock-wall-07", 8), ("lamp-oak-small", 2), ("stool-birch", 5), ("tray-steel", 6)
    ]  # fmt: skip
    counts = "SELECT name, product_count FROM marts.product_aggregates ORDER BY 1"
    assert warehouse.execute(counts).fetchall() == [
        ("Ines Amado", 2), ("Maren Holt", 2), ("Pavel Duda", 2), ("Sunniva Aas", 2),
        ("Tobias Renn", 1),
    ]  # fmt: skip


def test_what_is_no_product_is_told_with_its_reasons(warehouse: psycopg.Connection) -> None:
    land("products", BOTH[0], (SAMPLES / "products" / BOTH[0]).read_bytes())
    ingest("products")
    found = warehouse.execute("SELECT line, reasons FROM ingest.quarantine ORDER BY line")
    assert found.fetchall() == [
        (10, ["name: is empty", "name: is blank"]),
        (11, ["sku: is empty", "sku: is blank"]),
        (12, ['sku: is blank, found "   "']),
        (13, ["expected 3 fields, found 2"]),
    ]


NAMES = [
    "Ann Card",
    "Bob O'Brien",
    "Лена Круглова",
    "Ann-Marie (blue)",
    "100% wool_mix",
    "東京 Anna",
]
SEARCHES = [
    "", " ", "a", "ann", "ann card", "CARD Ann", "anna", "лена", "круг", "東", "brien", "o'b",
    "blue", "100%", "%", "_", "wool mix", "sku-1", "sku-12", "1 ann", "a:*&|!b", "'; --", "nothing",
]  # fmt: skip


def words(text: str) -> list[str]:
    return re.sub("[\x01-\x2f:-@[-`{-\x7f]+", " ", text.lower()).split()


@pytest.mark.parametrize("many", [1, 3000])
def test_a_search_finds_words_and_their_beginnings_by_sku(
    warehouse: psycopg.Connection, many: int
) -> None:
    rows = [{"sku": f"sku-{n:04}", "name": NAMES[n % 5]} for n in range(many)]
    rows += [{"sku": "rare-9", "name": NAMES[5]}, {"sku": "SKU-12-x", "name": "Zed"}]
    arrive(warehouse, "products", "a.csv", rows)
    build.build("products")
    for search in SEARCHES:
        expected = sorted(
            row["sku"]
            for row in rows
            if (words(search) or not search.strip())
            and all(
                any(word.startswith(asked) for word in words(f"{row['name']} {row['sku']}"))
                for asked in words(search)
            )
        )
        found: list[str] = []
        while page := ask(
            warehouse,
            "SELECT sku FROM marts.product_search(%s, %s, 1000)",
            search,
            found[-1] if found else "",
        ):
            found += [sku for (sku,) in page]
        assert found == expected, search


def test_a_build_makes_the_index_of_words_again(warehouse: psycopg.Connection) -> None:
    query = (
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'products' AND indexdef ~ 'USING gin'"
    )
    arrive(warehouse, "products", "a.csv", [{"sku": "a", "name": "Ann"}])
    for build_it in (build.build, build.full_refresh, build.full_refresh):
        build_it("products")
        assert len(ask(warehouse, query)) == 1


def test_top_names_and_totals_are_those_of_current_products(warehouse: psycopg.Connection) -> None:
    rows = [
        {"sku": sku, "name": name}
        for sku, name in (("a", "A"), ("b", "A"), ("c", "B"), ("d", "B"), ("e", "C"))
    ]
    arrive(warehouse, "products", "a.csv", rows)
    build.build("products")
    arrive(warehouse, "products", "b.csv", [{"sku": "e", "name": "B"}])
    build.build("products")
    top = "SELECT name, product_count FROM marts.product_top_names ORDER BY 2 DESC"
    assert ask(warehouse, top) == [("B", 3), ("A", 2)]
    assert ask(warehouse, "SELECT * FROM marts.product_totals") == [(5, 2, 6)]

"""Products: from the sample files to the marts and the quarantine."""

import psycopg

from penstock.marts import build
from tests.pipeline import SAMPLES, ingest, land

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

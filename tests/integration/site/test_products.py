"""The pages of products: search, one product with its history, load times."""

import csv
import io
import re
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from penstock.marts import build
from tests.pipeline import ingest, land

NAMES = """name,sku,description
Lena Voss,rug-wool-red,warm
Lena Voss,rug-wool-blue,warm
Jo Ek,mat-straw,100% straw
Ünal Şahin,çanta-deri,"a ""bag\"""
"""


@pytest.fixture
def catalogue(site: TestClient) -> TestClient:
    """The pages over four products, one of which came twice."""
    land("products", "a.csv", NAMES.encode())
    land("products", "b.csv", b"name,sku,description\nLena Weber,rug-wool-red,warmer\n")
    ingest("products")
    build.build("products")
    return site


def _skus(page: str) -> list[str]:
    return re.findall(r'href="/ui/products/[^"]+">([^<]+)</a>', page)


def test_the_sentence_counts_products_and_names(catalogue: TestClient) -> None:
    page = catalogue.get("/ui/products").text
    assert "<strong>4 products</strong> of 4 names" in page
    assert _skus(page) == ["mat-straw", "rug-wool-blue", "rug-wool-red", "çanta-deri"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("rug", ["rug-wool-blue", "rug-wool-red"]),
        ("wo re", ["rug-wool-red"]),
        ("lena", ["rug-wool-blue", "rug-wool-red"]),
        ("çan", ["çanta-deri"]),
        ("nothing like it", []),
        ("' OR 1=1 --", []),
        (":*&|!", []),
    ],
)
def test_search_finds_beginnings_of_words(catalogue: TestClient, search, found) -> None:
    page = catalogue.get("/ui/products", params={"search": search}).text
    assert _skus(page) == found
    assert ("No product has all these words." in page) == (not found)


def test_a_product_is_shown_with_its_history(catalogue: TestClient) -> None:
    page = catalogue.get("/ui/products/rug-wool-red").text
    assert "<strong>Lena Weber</strong>, after 1 earlier version" in page
    assert "Lena Voss" in page[page.index("Earlier versions</h2>") :]


@pytest.mark.parametrize("sku", ["a/b", "a b?c#d", "<script>alert(1)</script>", "..", "%2F"])
def test_a_sku_of_any_text_has_a_page(site: TestClient, sku: str) -> None:
    land("products", "a.csv", f'name,sku,description\nA,"{sku}",\n'.encode())
    ingest("products")
    build.build("products")
    listed = site.get("/ui/products").text
    assert "<script>alert" not in listed
    (address,) = re.findall(r'href="(/ui/products/[^"]+)">', listed)
    assert address == f"/ui/products/{quote(sku, safe='')}"


def test_an_unknown_product_is_told(catalogue: TestClient) -> None:
    answer = catalogue.get("/ui/products/nope")
    assert answer.status_code == 404
    assert "No such product" in answer.text


def test_the_file_holds_all_products(catalogue: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(catalogue.get("/ui/products.csv").text)))
    assert [row["sku"] for row in rows][:2] == ["mat-straw", "rug-wool-blue"]
    assert len(rows) == 4


def test_the_load_times_of_files_are_shown(catalogue: TestClient) -> None:
    page = catalogue.get("/ui/products").text
    times = page[page.index("<h2>Load times</h2>") :]
    assert times.index(">b.csv<") < times.index(">a.csv<")
    assert re.search(r'<td class="number">\d+\.\d s</td>', times)


def test_without_products_the_page_says_what_to_do(site: TestClient) -> None:
    assert 'href="/ui/upload?dataset=products"' in site.get("/ui/products").text

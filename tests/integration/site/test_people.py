"""The page of people shows them with their images, by age and by whether they have one."""

import io
import re

import psycopg
import pytest
from PIL import Image
from starlette.testclient import TestClient

from penstock.marts import build
from tests.pipeline import ingest, land


def _png(side: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "PNG")
    return out.getvalue()


def _load(name: str, *, image: bytes | None = None, user: str = "7") -> None:
    content = f"first_name, last_name, birthts\n{name}, Okafor, 585273600000\n"
    land("people", f"{user}.csv", content.encode())
    if image is not None:
        land("people_images", f"{user}.png", image)
    for dataset in ("people", "people_images"):
        ingest(dataset)
        build.build(dataset)


def _users(page: str) -> list[str]:
    return re.findall(r"<td>(\d+)</td><td><time>", page)


def test_people_are_counted_and_listed(full_site: TestClient, built: dict[str, str]) -> None:
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        rows = warehouse.execute(
            "SELECT user_id, img_path FROM marts.people ORDER BY id"
        ).fetchall()
    page = full_site.get("/ui/people").text
    images = sum(path is not None for _, path in rows)
    assert f"<strong>{len(rows)} people</strong>, {images} of them with an image" in page
    assert _users(page) == [user for user, _ in rows]
    assert len(re.findall(r"<img [^>]*width=\"48\" height=\"48\" loading=\"lazy\"", page)) == images


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ("is_image_exists=true", "img_path IS NOT NULL"),
        ("is_image_exists=false&min_age=&max_age=", "img_path IS NULL"),
        ("min_age=30&max_age=50", "age BETWEEN 30 AND 50"),
    ],
)
def test_filters_choose(
    full_site: TestClient, built: dict[str, str], asked: str, condition: str
) -> None:
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        rows = warehouse.execute(
            f"SELECT user_id FROM marts.people WHERE {condition} ORDER BY id"
        ).fetchall()
    assert 0 < len(rows) < 10
    assert _users(full_site.get(f"/ui/people?{asked}").text) == [user for (user,) in rows]


def test_filters_that_choose_nobody_say_so(full_site: TestClient) -> None:
    assert "Choose other filters." in full_site.get("/ui/people?min_age=500").text
    answer = full_site.get("/ui/people?min_age=50&max_age=30")
    assert answer.status_code == 422
    assert "expected a number not above" in answer.text


def test_output_csv_is_that_of_the_api(full_site: TestClient, built: dict[str, str]) -> None:
    answer = full_site.get("/ui/people/output.csv")
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        (people,) = warehouse.execute("SELECT count(*) FROM marts.people_export").fetchone()
    assert answer.text.startswith("user_id,first_name,last_name,birthts,img_path\r\n")
    assert answer.text.count("\r\n") == people + 1


def test_an_image_is_sent_small(site: TestClient) -> None:
    _load("Mara", image=_png())
    answer = site.get("/ui/people/7/image")
    assert answer.headers["Content-Type"] == "image/png"
    assert "private" in answer.headers["Cache-Control"]
    assert Image.open(io.BytesIO(answer.content)).size == (96, 96)


def test_a_person_without_an_image_has_none(site: TestClient) -> None:
    _load("Mara")
    assert site.get("/ui/people/7/image").status_code == 404
    assert site.get("/ui/people/..%2F7/image").status_code == 404


@pytest.mark.parametrize("content", [b"<script>x</script>", _png()[:60]])
def test_what_is_no_image_is_not_sent(site: TestClient, content: bytes) -> None:
    _load("Mara", image=content)
    assert site.get("/ui/people/7/image").status_code == 404


def test_names_are_text(site: TestClient) -> None:
    _load("<script>x</script>\u202e")
    page = site.get("/ui/people").text
    assert "<script>x" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_before_the_first_file_the_page_says_what_to_do(site: TestClient) -> None:
    page = site.get("/ui/people").text
    assert "No people yet." in page
    assert "/ui/upload?dataset=people" in page

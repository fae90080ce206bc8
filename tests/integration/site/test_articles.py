"""The page of articles says which are liked, when, and how many new users stay."""

import csv
import io
import re

import psycopg
from starlette.testclient import TestClient

from penstock.marts import build
from tests.pipeline import ingest, land


def _load(clicks: str, articles: str = "") -> None:
    land("articles", "articles.csv", f"id,title,created_by,updated_by\n{articles}".encode())
    land("clickstream", "clicks.csv", f"userId,time,action,objectId\n{clicks}".encode())
    for dataset in ("articles", "clickstream"):
        ingest(dataset)
        build.build(dataset)


def _rows(client: TestClient, address: str) -> list[dict[str, str]]:
    answer = client.get(f"/ui/articles/{address}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def _cells(page: str, day: str) -> list[tuple[int, str]]:
    """(tint, share) of each day after the installs of a day."""
    row = page[page.index(f'<th scope="row"><time>{day}') :].partition("</tr>")[0]
    return [(int(tint), share) for tint, share in re.findall(r"tint-(\d)[^>]*>([^<]*)<", row)]


def test_every_like_and_install_is_counted(full_site: TestClient, built: dict[str, str]) -> None:
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        likes, installed = warehouse.execute(
            "SELECT count(*) FILTER (WHERE action = 'LIKE_ARTICLE'), count(DISTINCT (day, user_id))"
            " FILTER (WHERE action = 'FIRST_INSTALL') FROM marts.clickstream"
        ).fetchone()
    assert f"<strong>{likes} likes</strong>" in full_site.get("/ui/articles").text
    assert sum(int(row["likes"]) for row in _rows(full_site, "likes.csv")) == likes
    cohorts = {row["day"]: int(row["installed"]) for row in _rows(full_site, "retention.csv")}
    assert sum(cohorts.values()) == installed


def test_a_day_has_its_own_most_liked(full_site: TestClient) -> None:
    page = full_site.get("/ui/articles?from=2017-04-03&to=2017-04-03").text
    assert "2 likes</strong> on <time>2017-04-03</time>" in page
    likes = _rows(full_site, "likes.csv?from=2017-04-03&to=2017-04-03")
    assert [(row["article_id"], row["likes"]) for row in likes] == [
        ("111113", "1"),
        ("999999", "1"),
    ]
    assert "No likes in this time" in full_site.get("/ui/articles?from=2018-01-01").text


def test_an_article_that_is_not_known_has_its_number(site: TestClient) -> None:
    _load("ann,2017-04-01 08:00:00,LIKE_ARTICLE,7")
    assert "<strong>article 7</strong> is liked most, 1 time" in site.get("/ui/articles").text


def test_days_without_likes_are_drawn(site: TestClient) -> None:
    _load("ann,2017-04-01 08:00:00,LIKE_ARTICLE,7\nann,2017-04-04 08:00:00,LIKE_ARTICLE,7")
    page = site.get("/ui/articles").text
    numbers = re.findall(r'<th scope="row">(2017-04-\d\d)</th><td class="number">(\d)</td>', page)
    assert numbers == [("2017-04-01", "1"), ("2017-04-02", "0"), ("2017-04-03", "0"),
                       ("2017-04-04", "1")]  # fmt: skip


def test_retention_is_a_share_darker_where_more_stay(site: TestClient) -> None:
    users = [f"{name},2017-04-01 08:00:00,FIRST_INSTALL," for name in "abcd"]
    later = [f"{name},2017-04-02 08:00:00,LOG_IN," for name in "ab"]
    _load("\n".join([*users, *later, "a,2017-04-08 08:00:00,LOG_IN,"]))
    cells = _cells(site.get("/ui/articles").text, "2017-04-01")
    assert cells == [(5, "50.0 %"), *[(0, "0 %")] * 5, (3, "25.0 %")]


def test_titles_are_text(site: TestClient) -> None:
    click = "ann,2017-04-01 08:00:00,LIKE_ARTICLE,7"
    _load(click, "7,=<script>x</script>\u202e,2017-03-20 08:00:00,\n")
    page = site.get("/ui/articles").text
    assert "<script>x" not in page
    assert "\u202e" not in page
    assert "=&lt;script&gt;x&lt;/script&gt;" in page
    (row,) = _rows(site, "likes.csv")
    assert row["title"].startswith("'=")


def test_before_the_first_file_the_page_says_what_to_do(site: TestClient) -> None:
    page = site.get("/ui/articles").text
    assert "No likes or installs yet." in page
    assert "/ui/upload?dataset=clickstream" in page

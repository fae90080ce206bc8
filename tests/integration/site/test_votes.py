"""The page of votes says who leads, over time and by kiosk."""

import csv
import io
import json

import psycopg
import pytest
from starlette.testclient import TestClient

from penstock.marts import build
from tests.pipeline import ingest, land


def _cast(*votes: tuple[str, str, int]) -> None:
    rows = [
        json.dumps({"candidate": candidate, "vote_time": time, "kiosk_id": kiosk})
        for candidate, time, kiosk in votes
    ]
    land("votes", "votes.jsonl", "\n".join(rows).encode())
    ingest("votes")
    build.build("votes")


@pytest.mark.parametrize(
    ("candidates", "sentence"),
    [
        ("112", "<strong>chips</strong> leads with <strong>2</strong> of 3 votes (66.7 %)."),
        ("1122", "It is a tie: <strong>chips</strong> and"),
    ],
)
def test_the_sentence_says_who_leads(site: TestClient, candidates: str, sentence: str) -> None:
    _cast(*((c, f"2024-01-01T00:00:0{n}Z", 7) for n, c in enumerate(candidates)))
    assert sentence in site.get("/ui/votes").text
    assert sentence in site.get("/ui/votes/live").text


def test_votes_are_counted_over_time_and_by_kiosk(full_site: TestClient, built) -> None:
    with psycopg.connect(built["PENSTOCK_WAREHOUSE_URL"]) as warehouse:
        (votes,) = warehouse.execute("SELECT count(*) FROM marts.votes").fetchone()
        kiosk, of_kiosk = warehouse.execute(
            "SELECT kiosk_id, count(*) FROM marts.votes GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
        ).fetchone()
    rows = csv.DictReader(io.StringIO(full_site.get("/ui/votes.csv").text))
    assert sum(int(row["votes"]) for row in rows) == votes
    page = full_site.get("/ui/votes").text
    first = page[page.index("By kiosk") :].partition("<tbody>")[2].partition("</tr>")[0]
    assert f'<th scope="row">{kiosk}</th>' in first
    assert f'<td class="number">{of_kiosk:,}</td>' in first


def test_before_the_first_vote_the_page_says_so(site: TestClient) -> None:
    assert "Nobody has voted yet." in site.get("/ui/votes").text

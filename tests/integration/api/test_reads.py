"""What the API answers over all samples; errors and empty marts included."""

import csv
import io
from datetime import UTC, datetime
from urllib.parse import quote

import httpx2
import pytest
from starlette.testclient import TestClient

from penstock.marts import build
from tests import pipeline
from tests.serving import wait_for

FILE = "/events?filename=sample1.txt"


def _all_pages(client: TestClient, path: str) -> list[list[dict]]:
    pages, cursor = [], ""
    while cursor is not None:
        body = client.get(path + cursor).raise_for_status().json()
        pages.append(body["items"])
        cursor = body["next"] and f"&cursor={body['next']}"
    return pages


def test_events_of_a_file_between_two_instants(reads: TestClient) -> None:
    (page,) = _all_pages(reads, f"{FILE}&from=2000-01-01T18:00:00Z&to=2000-01-03T01:00:00Z")
    assert [event["event_time"] for event in page] == [
        "2000-01-01T18:00:00Z",
        "2000-01-01T23:59:04Z",
        "2000-01-03T01:00:00Z",
    ]
    assert page[0] == {
        "event_time": "2000-01-01T18:00:00Z",
        "email": "user992@example.com",
        "session_id": "session-992",
        "file_id": page[0]["file_id"],
        "row": 993,
    }
    assert _all_pages(reads, f"{FILE}&from=2020-01-01T00:00:00%2B02:00") == [[]]


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_of_events_miss_and_repeat_nothing(reads: TestClient, limit: int) -> None:
    # Two events of the same instant are on both sides of a page's end.
    asked = f"{FILE}&from=2000-01-05T13:15:30Z" if limit == 1 else FILE
    pages = _all_pages(reads, f"{asked}&to=2001-07-06T03:00:00Z&limit={limit}")
    events = [(e["event_time"], e["file_id"], e["row"]) for page in pages for e in page]
    assert events == sorted(set(events))
    assert {len(page) for page in pages[:-1]} <= {limit}
    whole = reads.get(f"{asked}&to=2001-07-06T03:00:00Z&limit=1000").json()["items"]
    assert len(events) == len(whole)


def test_events_are_streamed_whole(reads: TestClient) -> None:
    asked = {
        "filename": "sample1.txt",
        "from": "1998-01-01T00:00:00Z",
        "to": "2020-01-01T00:00:00Z",
    }
    events = reads.post("/events/query", json=asked).raise_for_status().json()
    assert len(events) == 1000
    assert events == sorted(events, key=lambda e: (e["event_time"], e["row"]))


def test_a_file_is_uploaded_loaded_and_read(client: TestClient) -> None:
    content = b"2001-02-03T04:05:06Z a@example.com s-1\nnull\n"
    upload = client.post("/uploads/events?filename=a.txt", content=content).headers["location"]
    assert client.post("/loads/events").status_code == 202
    wait_for(lambda: client.get(upload).json()["state"] == "loaded")
    status = client.get(upload).json()
    assert (status["rows_good"], status["rows_bad"]) == (1, 1)
    (event,) = client.get("/events?filename=a.txt").json()["items"]
    assert (event["email"], event["file_id"]) == ("a@example.com", status["file_id"])
    assert client.post("/loads/nope").status_code == 404


def test_products(reads: TestClient) -> None:
    assert [len(page) for page in _all_pages(reads, "/products?limit=4")] == [4, 4, 1]
    (found,) = _all_pages(reads, "/products?search=LAMP")
    assert [product["sku"] for product in found] == ["lamp-oak-large", "lamp-oak-small"]
    assert _all_pages(reads, "/products?search=%25") == [[]]
    lamp = reads.get("/products/lamp-oak-small").json()
    assert lamp["description"] == "A small oak lamp, hand turned, new cable."
    (before,) = reads.get("/products/lamp-oak-small/history").json()
    assert before["file_id"] < lamp["file_id"]
    assert before["replaced_at"] >= lamp["received_at"]
    assert reads.get("/product-aggregates?top=2").json() == [
        {"name": "Ines Amado", "product_count": 2},
        {"name": "Maren Holt", "product_count": 2},
    ]


def test_a_product_is_created_and_updated_as_a_file(client: TestClient) -> None:
    path = "/products/new%20sku"
    for name in ("One, Two", "One"):
        answer = client.put(path, json={"name": name, "description": 'a "b"\nc'})
        assert answer.status_code == 202
    pipeline.ingest("products")
    build.build("products")
    product = client.get(path).json()
    assert (product["name"], product["description"]) == ("One", 'a "b"\nc')
    upload = client.get(answer.headers["location"]).json()
    assert (upload["state"], upload["file_id"]) == ("loaded", product["file_id"])
    assert [old["name"] for old in client.get(f"{path}/history").json()] == ["One, Two"]


def _loaded(answer: httpx2.Response) -> httpx2.Response:
    """The answer to a write, once the marts show it."""
    assert answer.status_code == 202
    pipeline.ingest("products")
    build.build("products")
    return answer


def test_a_product_is_deleted_as_a_file_and_can_come_back(client: TestClient) -> None:
    path = "/products/new%20sku"
    _loaded(client.put(path, json={"name": "One, Two", "description": "first"}))
    answer = _loaded(client.delete(path))
    assert client.get(path).status_code == 404
    assert client.get("/product-aggregates").json() == []
    deletion, before = client.get(f"{path}/history").json()
    assert (deletion["deleted"], deletion["replaced_at"]) == (True, None)
    assert (before["deleted"], before["description"]) == (False, "first")
    assert before["replaced_at"] == deletion["received_at"]
    upload = client.get(answer.headers["location"]).json()
    assert (upload["state"], upload["file_id"]) == ("loaded", deletion["file_id"])
    assert client.delete(path).status_code == 404
    _loaded(client.put(path, json={"name": "One", "description": "again"}))
    assert client.get(path).json()["description"] == "again"
    assert [old["deleted"] for old in client.get(f"{path}/history").json()] == [True, False]


def test_all_products_are_deleted_when_the_caller_says_all(client: TestClient) -> None:
    _loaded(client.delete("/products?all=true"))  # there are none
    for sku in ('a "b", c', "\\."):
        client.put(f"/products/{quote(sku)}", json={"name": f"Of {sku}"})
    _loaded(client.put("/products/d", json={"name": "D"}))
    for careless in ("/products", "/products?all=false"):
        assert client.delete(careless).status_code == 422
    assert len(client.get("/products").json()["items"]) == 3
    _loaded(client.delete("/products?all=true"))
    assert client.get("/products").json()["items"] == []
    assert client.get("/products/d/history").json()[0]["deleted"] is True


def test_access_log(reads: TestClient) -> None:
    assert reads.get("/access-log/totals").json() == {
        "requests": 516,
        "first_day": "1995-08-18",
        "last_day": "2024-05-04",
    }
    august = "from=1995-08-18T00:00:00Z&to=1995-08-20T23:59:59Z"
    hosts = reads.get(f"/access-log/top-hosts?top=3&{august}").json()
    assert hosts == [
        {"host": "cache1.example.com", "requests": 64},
        {"host": "gate.example.jp", "requests": 48},
        {"host": "kiosk3.reading.example.ac.uk", "requests": 35},
    ]
    # Of the three busiest hosts ever.
    assert reads.get("/access-log/countries?top=3").json() == [
        {"country": "ZZ", "requests": 74, "hosts": 1},
        {"country": "JP", "requests": 56, "hosts": 1},
        {"country": "GB", "requests": 39, "hosts": 1},
    ]


def test_articles(reads: TestClient) -> None:
    assert reads.get("/article-likes?date=2017-04-01").json() == [
        {"title": "How a sluice works", "id": "111111", "likes": 2},
        {"title": "Weirs, locks and gates", "id": "111112", "likes": 1},
    ]
    assert len(reads.get("/article-likes?date=2017-04-01&top=1").json()) == 1
    assert reads.get("/article-likes?date=1999-01-01").json() == []
    for date, installed, retained in (("2017-04-01", 6, 4), ("1999-01-01", 0, 0)):
        assert reads.get(f"/install-retention?date={date}").json() == {
            "date": date,
            "installed": installed,
            "retained": retained,
        }


def test_vote_distribution(reads: TestClient) -> None:
    found = reads.get("/votes/distribution").json()
    age = datetime.now(UTC) - datetime.fromisoformat(found["last_update_time"])
    assert age.total_seconds() < 60
    assert [list(row.values()) for row in found["candidates"]] == [
        ["1", "chips", 35, 0, "2024-05-01T12:11:59.977703Z"],
        ["2", "lam lam", 18, 0, "2024-05-01T12:12:23.324502Z"],
        ["3", "justice", 7, 0, "2024-05-01T12:10:02.926872Z"],
    ]


def test_chains(reads: TestClient) -> None:
    high = {"number": 12327829503, "steps": 543, "peak": 20722398914405051728}  # above 2^64
    assert reads.get("/chains/highest").json() == [high]
    longest = reads.get("/chains/longest?top=3").json()
    assert [(c["number"], c["steps"]) for c in longest] == [
        (12327829503, 543),
        (871, 178),
        (97, 118),
    ]
    chain = reads.get("/chains/17").json()
    assert (chain["steps"], chain["peak"]) == (12, 52)
    assert chain["values"] == [17, 52, 26, 13, 40, 20, 10, 5, 16, 8, 4, 2, 1]
    pages = _all_pages(reads, "/chains/containing/52?limit=1")
    assert pages == [[{"number": 17, "step": 1}], [{"number": 12327829503, "step": 532}]]
    # Its own chain does not count.
    assert [h["number"] for h in reads.get("/chains/containing/17").json()["items"]] == [
        12327829503
    ]
    assert reads.get(f"/chains/containing/{10**99}").json() == {"items": [], "next": None}


def test_plots_of_a_chain(reads: TestClient) -> None:
    png = reads.get("/chains/27/plot.png")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG\r\n")
    svg = reads.get("/chains/27/plot.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert "<svg" in svg.text
    assert "script" not in svg.headers["content-security-policy"]
    etag = {"If-None-Match": svg.headers["etag"]}
    assert reads.get("/chains/27/plot.svg", headers=etag).status_code == 304


def test_plots_of_votes(reads: TestClient) -> None:
    png = reads.get("/votes/plot.png")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG\r\n")
    svg = reads.get("/votes/plot.svg?from=2024-05-01T12:00:00Z&to=2024-05-01T13:00:00Z")
    assert svg.headers["content-disposition"] == 'inline; filename="votes.svg"'
    assert "script" not in svg.headers["content-security-policy"]
    assert "Votes, 2024-05-01 12:00:00 to 2024-05-01 13:00:00 UTC</title>" in svg.text
    assert '<desc id="desc">Votes in all: chips 35, lam lam 18, justice 7.</desc>' in svg.text
    by_day = reads.get("/votes/plot.svg?from=2024-04-30T23:00:00Z&to=2030-01-01T00:00:00Z").text
    assert "Votes, 2024-04-30 to 2030-01-01 UTC</title>" in by_day
    assert "chips 35, lam lam 18, justice 7" in by_day


@pytest.mark.parametrize("query", ["", "?from=1999-01-01T00:00:00Z&to=1999-01-02T00:00:00Z"])
def test_a_plot_without_votes_says_so(client: TestClient, query: str) -> None:
    answer = client.get(f"/votes/plot.svg{query}")
    assert answer.status_code == 200
    assert '<desc id="desc">No votes in this time.</desc>' in answer.text


def test_people(reads: TestClient) -> None:
    def found(filters: str) -> list[str]:
        return [p["user_id"] for page in _all_pages(reads, f"/people?{filters}") for p in page]

    assert len(found("limit=3")) == 10
    assert found("is_image_exists=false") == ["2004", "2008"]
    assert found("is_image_exists=true&max_age=27") == ["2003"]
    age = reads.get("/people?limit=1").json()["items"][0]["age"]
    assert "2001" in found(f"min_age={age}&max_age={age}")  # both ends count
    assert "2001" not in found(f"min_age={age + 1}")


def test_output_csv(reads: TestClient) -> None:
    answer = reads.get("/people/output.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    header, first, *rest = csv.reader(io.StringIO(answer.text, newline=""))
    assert header == ["user_id", "first_name", "last_name", "birthts", "img_path"]
    assert first == ["2001", "Mara", "Okafor", "585273600000", "2001.png"]
    assert len(rest) == 9


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/events", 422, "query.filename: Field required"),
        ("/events?filename=nope.txt", 404, "No such file 'nope.txt'"),
        ("/events?filename=%00", 422, "value out of range for the column"),
        (f"{FILE}&from=tomorrow", 422, "query.from: Input should be a valid datetime"),
        (f"{FILE}&from=2000-01-01T00:00:00", 422, "query.from: Input should have timezone info"),
        (f"{FILE}&from=2001-01-01T00:00:00Z&to=2000-01-01T00:00:00Z", 422, "not after `to`"),
        (f"{FILE}&cursor=WyJ4Il0", 422, "query.cursor: expected `next` of the page before"),
        ("/products/nope", 404, "No such product 'nope'"),
        ("/products?limit=1001", 422, "query.limit: Input should be less than or equal to 1000"),
        ("/product-aggregates?top=0", 422, "query.top"),
        ("/access-log/top-hosts?from=2001-01-01T00:00:00Z&to=2000-01-01T00:00:00Z", 422, "`to`"),
        ("/article-likes?date=2017-02-30", 422, "query.date"),
        ("/article-likes", 422, "query.date: Field required"),
        ("/chains/11", 404, "No such chain 11"),
        ("/chains/11/plot.svg", 404, "No such chain 11"),
        ("/chains/0", 422, "path.number"),
        ("/chains/containing/x", 422, "path.value"),
        ("/people?min_age=40&max_age=20", 422, "expected a number not above `max_age`"),
        ("/people?is_image_exists=perhaps", 422, "query.is_image_exists"),
    ],
)
def test_a_mistake_is_told(reads: TestClient, path: str, status: int, told: str) -> None:
    answer = reads.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]


NO_PAGE = {"items": [], "next": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/products", NO_PAGE),
        ("/product-aggregates", []),
        ("/access-log/totals", {"requests": 0, "first_day": None, "last_day": None}),
        ("/access-log/top-hosts", []),
        ("/access-log/countries", []),
        ("/article-likes?date=2017-04-01", []),
        ("/chains/longest", []),
        ("/chains/highest", []),
        ("/chains/containing/1", NO_PAGE),
        ("/people", NO_PAGE),
        ("/data", []),
        ("/part/1", []),
    ],
)
def test_before_any_build_answers_are_empty(client: TestClient, path: str, body) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, body)


def test_before_any_build_no_vote_counts_and_nobody_is_in_the_csv(client: TestClient) -> None:
    found = client.get("/votes/distribution").json()["candidates"]
    assert [(c["name"], c["total_votes"]) for c in found] == [
        ("chips", 0),
        ("lam lam", 0),
        ("justice", 0),
    ]
    header = "user_id,first_name,last_name,birthts,img_path\r\n"
    assert client.get("/people/output.csv").text == header
    for path in ("/longest_step_chain", "/highest_value", "/plot/27", "/events?filename=a.txt"):
        assert client.get(path).status_code == 404

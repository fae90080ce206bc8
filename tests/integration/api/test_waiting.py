"""What lies in the landing zone and is not taken, as the API tells it."""

from fastapi.testclient import TestClient

from tests.pipeline import land, products


def test_what_is_not_taken_is_told_and_counted(client: TestClient) -> None:
    land("products", "a.xls", products(1))
    land("products", "b.csv", products(1))
    found = client.get("/files/waiting", params={"dataset": "products"}).json()
    assert found["counts"] == {"name": 1, "ready": 1}
    assert [one["path"] for one in found["items"]] == ["products/a.xls", "products/b.csv"]
    assert found["items"][0]["reason"].startswith("products takes files named *.csv")
    assert [one["needs_person"] for one in found["items"]] == [True, False]
    assert client.get("/files/waiting", params={"dataset": "x"}).status_code == 422
    line = 'penstock_landing_waiting{dataset="products",kind="name"} 1.0'
    assert line in client.get("/metrics").text

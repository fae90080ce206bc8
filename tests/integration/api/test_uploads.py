"""Files that are uploaded land whole, once, and can be asked after."""

import base64
import hashlib
import os

import pytest
from blake3 import blake3
from starlette.testclient import TestClient

from penstock import datasets
from penstock.arrivals import mirror_folder
from penstock.files import landing
from penstock.intake import uploads
from tests.integration.api.conftest import away
from tests.pipeline import configure, events, ingest, products, replay

EVENTS = events(5, 2)


def _upload(client: TestClient, name: str = "a.txt", data: bytes = EVENTS, **options):
    return client.post(f"/uploads/events?filename={name}", content=data, **options)


def _landed(dataset: str = "events") -> dict[str, bytes]:
    folder = landing.folder(datasets.get(dataset))
    files = [p for p in folder.rglob("*.*") if p.name != landing.MIRROR_MARKER]
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def _built(warehouse) -> None:
    warehouse.execute("UPDATE ingest.file SET built_at = now() WHERE state = 'sealed'")


def test_an_upload_goes_landed_loading_loaded(client: TestClient, warehouse) -> None:
    answer = _upload(client)
    assert answer.status_code == 202
    status = answer.json()
    assert (status["state"], status["size_bytes"]) == ("landed", len(EVENTS))
    assert status["blake3"] == blake3(EVENTS).hexdigest()
    assert _landed() == {"a.txt": EVENTS}

    url = answer.headers["location"]
    assert client.get(url).json() == status
    ingest("events")
    assert client.get(url).json()["state"] == "loading", "until the marts show it"
    _built(warehouse)
    loaded = client.get(url).json()
    assert (loaded["state"], loaded["rows_good"], loaded["rows_bad"]) == ("loaded", 5, 2)
    reason = "expected 3 fields separated by ' '"
    assert loaded["reasons"] == [{"reason": reason, "rows": 2}]
    assert loaded["received_at"] < loaded["claimed_at"] < loaded["sealed_at"] < loaded["built_at"]
    assert client.get(f"/files/{loaded['file_id']}").json()["rows_good"] == 5


def test_the_same_again_is_the_same_upload(client: TestClient, warehouse) -> None:
    first = _upload(client)
    for stage in (lambda: None, lambda: ingest("events"), lambda: _built(warehouse)):
        stage()
        again = _upload(client)
        assert (again.status_code, again.headers["location"]) == (200, first.headers["location"])
    assert _landed() == {}
    assert warehouse.execute("SELECT count(*) FROM ingest.file").fetchone() == (1,)


def test_older_content_again_lands_again(client: TestClient, warehouse) -> None:
    for data in (EVENTS, events(3), EVENTS):
        assert _upload(client, data=data).status_code == 202
        ingest("events")
    states = warehouse.execute("SELECT state FROM ingest.file ORDER BY version").fetchall()
    assert states == [("superseded",), ("superseded",), ("sealed",)]


def test_what_waits_is_not_overwritten(client: TestClient) -> None:
    assert _upload(client).status_code == 202
    refused = _upload(client, data=events(3))
    assert (refused.status_code, refused.headers["retry-after"]) == (409, "5")
    assert _landed() == {"a.txt": EVENTS}
    ingest("events")
    assert _upload(client, data=events(3)).status_code == 202


def test_in_a_mirror_the_newest_counts_at_once(client: TestClient, warehouse) -> None:
    assert mirror_folder.set_up_all() == []
    texts = [f"first_name,last_name,birthts\nSusan,{name},0\n".encode() for name in ("Lee", "Roe")]
    for text in [*texts, texts[1]]:
        answer = client.post("/uploads/people?filename=u1.csv", content=text)
        assert answer.status_code in (200, 202), answer.text
        ingest("people")
    assert _landed("people") == {"u1.csv": texts[1]}
    states = warehouse.execute("SELECT state FROM ingest.file ORDER BY version").fetchall()
    assert states == [("superseded",), ("sealed",)]


def test_a_rejected_file_says_why_until_it_is_replayed(client: TestClient, warehouse) -> None:
    bad = b"name,price\na,1\n"
    answer = client.post("/uploads/products?filename=p.csv", content=bad)
    ingest("products")
    url = answer.headers["location"]
    status = client.get(url).json()
    assert (status["state"], status["rows_good"]) == ("rejected", None)
    assert "missing column sku" in status["reason"]
    replay(status["file_id"])
    assert client.get(url).json()["state"] == "loading", "the replay counts"
    ingest("products")
    again = client.post("/uploads/products?filename=p.csv", content=bad)
    assert again.status_code == 202, "what was rejected may be tried again"


def test_what_is_taken_away_is_told(client: TestClient) -> None:
    url = _upload(client).headers["location"]
    (landing.folder(datasets.get("events")) / "a.txt").unlink()
    status = client.get(url).json()
    assert (status["state"], "taken out of the landing zone" in status["reason"]) == (
        "rejected",
        True,
    )
    assert _upload(client).status_code == 202


def test_forms_are_read_as_they_stream(client: TestClient) -> None:
    data = products(20_000)
    form = {"files": {"file": ("my products.csv", data, "text/csv")}, "data": {"note": "x"}}
    answer = client.post("/uploads/products", **form)
    assert (answer.status_code, answer.json()["path"]) == (202, "my products.csv")
    renamed = client.post("/uploads/products?filename=other.csv", **form)
    assert renamed.json()["path"] == "other.csv"
    assert _landed("products") == {"my products.csv": data, "other.csv": data}


BROKEN_FORMS = [
    (b"", "expected a form with a file"),
    (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n', "with a file"),
    (b'--b\r\nContent-Disposition: form-data; filename="a.txt"\r\n\r\nhal', "ends before"),
    (b"nonsense", "not a multipart form"),
]


def test_broken_forms_land_nothing(client: TestClient) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for form, told in BROKEN_FORMS:
        answer = client.post("/uploads/events", content=form, headers=headers)
        assert answer.status_code == 422
        assert told in answer.json()["detail"]
    _nothing_is_left()


def _nothing_is_left() -> None:
    assert _landed() == {}
    assert list((landing.root() / ".uploads").iterdir()) == []


@pytest.mark.parametrize("form", ["hex", "digest"])
def test_a_checksum_is_held_to(client: TestClient, form) -> None:
    right, wrong = hashlib.sha256(EVENTS).digest(), hashlib.sha256(b"other").digest()

    def header(digest: bytes) -> dict[str, str]:
        if form == "hex":
            return {"X-Checksum-SHA256": digest.hex()}
        encoded = base64.b64encode(digest).decode()
        return {"Content-Digest": f"sha-512=:AA==:, sha-256=:{encoded}:"}

    refused = _upload(client, headers=header(wrong))
    assert refused.status_code == 422
    assert right.hex() in refused.json()["detail"]
    _nothing_is_left()
    assert _upload(client, headers=header(right)).status_code == 202


DIGESTS = ["md5=:AA==:", "sha-256=:%%:", "sha-256=abc", ""]


def test_a_checksum_must_be_one(client: TestClient) -> None:
    for digest in DIGESTS:
        answer = _upload(client, headers={"Content-Digest": digest})
        assert (answer.status_code, "sha-256=:<base64>:" in answer.text) == (422, True)


NAMES = [
    "", "../a.txt", "a/../../b.txt", "/etc/passwd.txt", "%2e%2e/a.txt", "..%2Fa.txt", ".a.txt",
    ".spool/a.txt", "a.part", "a.csv", "a%00.txt", "a%0A.txt", "x/" * 9 + "a.txt", "a//b.txt",
    "./a.txt", "a" * 300 + ".txt", "a\\..\\b%7F.txt",
]  # fmt: skip


def test_no_name_leads_out_of_the_landing_zone(client: TestClient) -> None:
    for name in NAMES:
        assert (name, _upload(client, name).status_code) == (name, 422)
    _nothing_is_left()


def test_a_file_beyond_the_limit_is_refused(client: TestClient, monkeypatch) -> None:
    configure(monkeypatch, max_file_bytes=len(EVENTS) - 1)
    for data in (EVENTS, iter([EVENTS[:9], EVENTS[9:]])):
        answer = _upload(client, data=data)
        assert answer.status_code == 413
    _nothing_is_left()


def test_a_large_file_is_never_in_memory(client: TestClient) -> None:
    """Its size is no matter: neither of a body's limit nor of what is buffered."""
    piece = os.urandom(1 << 20)
    answer = _upload(client, data=iter([piece] * 40))
    assert answer.json()["size_bytes"] == 40 << 20
    assert blake3(_landed()["a.txt"]).hexdigest() == answer.json()["blake3"]


def test_uploads_land_while_the_warehouse_is_away(client: TestClient, warehouse) -> None:
    assert client.get("/files").status_code == 200  # the key is known now
    with away(warehouse):
        first = _upload(client)
        assert first.status_code == 202
        assert _upload(client).headers["location"] == first.headers["location"]
        assert client.get(first.headers["location"]).status_code == 503
    assert _landed() == {"a.txt": EVENTS}


def test_what_is_old_is_tidied_away(client: TestClient) -> None:
    folder = landing.root() / ".uploads"
    url = _upload(client).headers["location"]
    (folder / "old.part").write_text("half")
    (folder / "new.part").write_text("half")
    os.utime(folder / "old.part", (1, 1))
    uploads.tidy()
    assert (folder / "new.part").exists()
    assert not (folder / "old.part").exists()
    assert client.get(url).status_code == 200

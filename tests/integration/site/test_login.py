"""The login of the pages: a key, kept as a signed cookie."""

import time
from collections.abc import Callable
from http.cookies import SimpleCookie

import psycopg
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from starlette.testclient import TestClient

from penstock.api import keys
from penstock.site.secret import signer
from penstock.site.visitors import COOKIE, SESSION_SECONDS
from tests.integration.api.conftest import away
from tests.integration.site.conftest import MakeKey, Visit, send_login
from tests.pipeline import configure
from tests.serving import wait_for


def test_the_key_becomes_a_cookie_that_scripts_and_other_sites_cannot_use(
    visit: Visit, a_key: MakeKey
) -> None:
    key = a_key("read")
    answer = send_login(visit(), key)
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/")
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie.key, cookie["path"], cookie["samesite"]) == (COOKIE, "/ui", "lax")
    assert (cookie["httponly"], cookie["max-age"]) == (True, str(SESSION_SECONDS))
    assert not cookie["secure"]
    assert key.rpartition("_")[2] not in cookie.value


def test_over_https_the_cookie_never_leaves_it(visit: Visit, a_key: MakeKey) -> None:
    answer = send_login(visit(url="https://testserver"), a_key("read"))
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("key", ["", "penstock_a_b", "none", "penstock_000000000000_" + "x" * 43])
def test_a_wrong_key_is_told(visit: Visit, key: str) -> None:
    answer = send_login(visit(), key)
    assert (answer.status_code, "This key is not valid" in answer.text) == (401, True)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("spoil", [lambda value: value[:-1], lambda value: "x" + value, str.upper])
def test_a_changed_cookie_is_no_login(visit: Visit, spoil: Callable[[str], str]) -> None:
    client = visit("read")
    assert client.get("/ui/").status_code == 200
    value = client.cookies[COOKIE]
    client.cookies.clear()
    client.cookies.set(COOKIE, spoil(value), path="/ui")
    assert client.get("/ui/").status_code == 303


def test_a_login_ends_after_hours(visit: Visit, a_key: MakeKey) -> None:
    key_id, _ = keys.split(a_key("read"))
    client = visit()
    client.cookies.set(COOKIE, _signed(key_id, age=SESSION_SECONDS - 60), path="/ui")
    assert client.get("/ui/").status_code == 200
    client.cookies.set(COOKIE, _signed(key_id, age=SESSION_SECONDS + 60), path="/ui")
    assert client.get("/ui/").status_code == 303


def test_what_was_signed_for_a_form_is_no_login(visit: Visit, a_key: MakeKey) -> None:
    key_id, _ = keys.split(a_key("read"))
    client = visit()
    client.cookies.set(COOKIE, signer("csrf").dumps(key_id), path="/ui")
    assert client.get("/ui/").status_code == 303


def test_hosts_with_one_secret_share_logins_and_others_do_not(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_host(secret: str) -> TestClient:
        configure(monkeypatch, pages_secret=secret)
        signer.cache_clear()
        return visit()

    another_host("one " * 10)
    cookies = visit("read").cookies
    for secret, status in (("one " * 10, 200), ("two " * 10, 303)):
        client = another_host(secret)
        client.cookies = cookies
        assert client.get("/ui/").status_code == status


def test_a_revoked_key_ends_its_logins(visit: Visit, warehouse: psycopg.Connection) -> None:
    client = visit("read")
    ((key_id,),) = warehouse.execute("SELECT key_id FROM api.key").fetchall()
    keys.revoke(warehouse, key_id)
    wait_for(lambda: client.get("/ui/").status_code == 303)


def test_logging_out_takes_the_cookie(visit: Visit) -> None:
    client = visit("read")
    answer = client.post("/ui/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/login")
    assert client.get("/ui/").status_code == 303


def test_the_login_leads_to_the_page_that_was_asked_for(visit: Visit, a_key: MakeKey) -> None:
    key = a_key("read")
    client = visit()
    assert client.get("/ui/").headers["location"] == "/ui/login"
    sent = client.get("/ui/files?dataset=events").headers["location"]
    assert sent == "/ui/login?next=%2Fui%2Ffiles%3Fdataset%3Devents"
    assert 'value="/ui/files?dataset=events"' in client.get(sent).text
    answer = send_login(client, key, "/ui/files?dataset=events")
    assert answer.headers["location"] == "/ui/files?dataset=events"
    long = client.get("/ui/x", params={"q": "x" * 3000})
    client.cookies.clear()
    assert client.get(long.request.url).headers["location"] == "/ui/login"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/ui/\\evil.example",
        "/uievil",
        "/events",
        "javascript:alert(1)",
        "\t//evil.example",
        "http:///evil.example",
    ],
)
def test_it_leads_nowhere_else(visit: Visit, a_key: MakeKey, wanted: str) -> None:
    key = a_key("read")
    assert send_login(visit(), key, wanted).headers["location"] == "/ui/"


def test_the_host_alone_leads_to_the_pages(visit: Visit) -> None:
    client = visit()
    for path in ("/", "/ui"):
        answer = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert answer.headers["location"] == "/ui/"
    assert client.get("/").status_code == 405  # no browser: the address takes questions by POST


def test_a_part_of_a_page_leads_the_whole_page_to_the_login(visit: Visit) -> None:
    answer = visit().get("/ui/", headers={"HX-Request": "true", "HX-Target": "x"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/ui/login")


def test_while_the_warehouse_is_away_a_page_says_so(
    visit: Visit, a_key: MakeKey, warehouse: psycopg.Connection
) -> None:
    key = a_key("read")
    client = visit()
    with away(warehouse):
        answer = send_login(client, key)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "The warehouse does not answer" in answer.text
    wait_for(lambda: send_login(client, key).status_code == 303)


def _signed(key_id: str, age: int) -> str:
    """The cookie of a login so many seconds ago."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) - age

    now = signer("session")
    return URLSafeTimedSerializer(now.secret_key, salt=now.salt, signer=Earlier).dumps(key_id)

"""The pages of a real `penstock serve`, with several processes, behind a proxy."""

from pathlib import Path

import httpx2

from penstock.site.visitors import COOKIE
from tests import serving
from tests.integration.site.conftest import MakeKey


def test_its_processes_share_logins_and_believe_the_proxy(
    home: Path, a_key: MakeKey, tmp_path: Path
) -> None:
    key = a_key("read")
    env = {"PENSTOCK_API_WORKERS": "2", "PENSTOCK_API_PROXIES": "127.0.0.1"}
    served = serving.start(tmp_path, env=env)
    try:
        served.wait_until_ready()
        secure = {"X-Forwarded-Proto": "https"}
        login = f"{served.url}/ui/login"
        answer = httpx2.post(login, data={"key": key}, headers=secure, timeout=serving.PATIENCE)
        assert "; Secure" in answer.headers["set-cookie"]
        cookies = {COOKIE: answer.cookies[COOKIE]}
        for _ in range(20):  # each on a connection of its own, so both processes are asked
            page = httpx2.get(f"{served.url}/ui/", cookies=cookies, timeout=serving.PATIENCE)
            assert page.status_code == 200
        assert key.rpartition("_")[2] not in served.log.read_text()
        assert cookies[COOKIE] not in served.log.read_text()
    finally:
        served.kill()

"""Airflow's configuration: all of it from the environment, a user's word above ours."""

from pathlib import Path

import pytest

from penstock.runtime import airflow_env, endpoints
from penstock.settings import settings


def test_everything_of_a_home_is_below_it(empty_home: Path) -> None:
    env = airflow_env()
    for name in ("AIRFLOW_HOME", "PENSTOCK_HOME", "AIRFLOW__LOGGING__BASE_LOG_FOLDER"):
        assert env[name].startswith(str(empty_home))
    socket = str(empty_home).replace("/", "%2F")
    assert socket in env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert socket in env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"]


@pytest.mark.usefixtures("empty_home")
def test_a_users_setting_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "32")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://db/meta")
    env = airflow_env()
    assert env["AIRFLOW__CORE__PARALLELISM"] == "32"
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "postgresql+psycopg2://db/meta"
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC" not in env


@pytest.mark.usefixtures("empty_home")
def test_folders_of_datasets_are_the_same_for_each_component(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENSTOCK_DATASETS", "own::/srv/others")
    settings.cache_clear()
    assert airflow_env()["PENSTOCK_DATASETS"] == f"{tmp_path}/own:/srv/others"


@pytest.mark.usefixtures("empty_home")
def test_two_homes_do_not_share_a_port_or_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = endpoints()
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("PENSTOCK_WEB_PORT", "8181")
    settings.cache_clear()
    other, env = endpoints(), airflow_env()
    assert other.web_url == "http://127.0.0.1:8181"
    assert one.password != other.password
    assert env["AIRFLOW__API__PORT"] == "8181"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8181/execution/"


@pytest.mark.usefixtures("empty_home")
def test_the_api_server_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    asked = "http://api-server:8080/execution/"
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", asked)
    env = airflow_env()
    assert env["NO_PROXY"] == "intranet.example,127.0.0.1,localhost,api-server"
    assert env["no_proxy"] == env["NO_PROXY"]


@pytest.mark.usefixtures("empty_home")
def test_nothing_phones_home() -> None:
    env = airflow_env()
    assert env["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert env["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert env["GX_ANALYTICS_ENABLED"] == "false"

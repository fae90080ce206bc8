"""Airflow's whole configuration: environment variables, built in one function."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from penstock.errors import PenstockError
from penstock.runtime import keys
from penstock.runtime.web_port import web_port
from penstock.settings import Settings, settings
from penstock.settings.checkout import ROOT
from penstock.warehouse import embedded, logins

PARALLELISM = 4
_METADATA_URL = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


@dataclass(frozen=True)
class Endpoints:
    """Where a person finds the running system."""

    web_url: str
    user: str
    password: str


def endpoints() -> Endpoints:
    """Address and login of the web UI of this home, whether it runs or not."""
    return Endpoints(web_url(), keys.ADMIN, keys.admin_password(settings().home))


def web_url() -> str:
    """The web UI's address as seen from this machine."""
    host = settings().bind
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{web_port()}"  # noqa: S104


def shared_api_server() -> str | None:
    """The URL of Airflow's API server among containers; None where none is set.

    Docker Compose sets the execution API's URL for all services; a component finds the API server
    there.
    """
    execution_api = os.environ.get("AIRFLOW__CORE__EXECUTION_API_SERVER_URL")
    return execution_api.rstrip("/").removesuffix("/execution") if execution_api else None


def airflow_env() -> dict[str, str]:
    """The environment of an Airflow process of this home: ours, under whatever `os.environ` says.

    So each `AIRFLOW__...` a user sets wins over the value given here; the places of the home do not
    move.

    Raises:
        PenstockError: neither the repository's `dags/` nor `AIRFLOW__CORE__DAGS_FOLDER` is there.
    """
    config = settings()
    layers = (_places(config), _security(config.home), _behaviour(), _telemetry_off())
    ours = {name: value for layer in layers for name, value in layer.items()}
    fixed = {"PENSTOCK_HOME": str(config.home), "AIRFLOW_HOME": str(config.home / "airflow")}
    if config.datasets:  # in absolute paths: a component runs in a folder of its own
        fixed["PENSTOCK_DATASETS"] = config.datasets
    env = ours | _metadata(config) | os.environ | fixed
    return env | _no_proxy(env)


def uses_embedded() -> bool:
    """Whether anything of this home, warehouse or metadata, is on the embedded Postgres."""
    return settings().warehouse_url is None or _METADATA_URL not in os.environ


def _places(config: Settings) -> dict[str, str]:
    root = _repository()
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(root / "plugins"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(config.home / "logs" / "tasks"),
        "AIRFLOW__API__HOST": config.bind,
        "AIRFLOW__API__PORT": str(web_port()),
        "AIRFLOW__API__BASE_URL": web_url(),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{web_url()}/execution/",
    }


def _repository() -> Path:
    """The checkout this package lives in."""
    if "AIRFLOW__CORE__DAGS_FOLDER" not in os.environ and not (ROOT / "dags").is_dir():
        raise PenstockError(
            f"no dags/ folder in {ROOT}: run from a checkout, or set AIRFLOW__CORE__DAGS_FOLDER "
            "and AIRFLOW__CORE__PLUGINS_FOLDER to the folders of one"
        )
    return ROOT


def _security(home: Path) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__FERNET_KEY": keys.fernet_key(home),
        "AIRFLOW__API__SECRET_KEY": keys.token(home, "api_secret_key"),
        "AIRFLOW__API_AUTH__JWT_SECRET": keys.token(home, "jwt_secret"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{keys.ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(keys.passwords_file(home)),
    }


def _behaviour() -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        # Only who may edit connections can test one, and the only user is the administrator.
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        # A file's way has five hand-overs, and each waits for the scheduler's next look.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        # How soon tasks of a killed scheduler or worker are taken up again.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    }


def _no_proxy(env: dict[str, str]) -> dict[str, str]:
    """Airflow's tasks ask its API server directly, also where the machine has an HTTP proxy."""
    asked = urlsplit(env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]).hostname or ""
    given = env.get("no_proxy") or env.get("NO_PROXY") or ""
    if given == "*":
        return {}
    hosts = [*filter(None, given.split(",")), "127.0.0.1", "localhost", asked]
    names = ",".join(dict.fromkeys(hosts))
    return {"no_proxy": names, "NO_PROXY": names}


def _telemetry_off() -> dict[str, str]:
    return {
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def _metadata(config: Settings) -> dict[str, str]:
    """Airflow's own database: the embedded server's, unless the user names another."""
    if _METADATA_URL in os.environ:
        return {}
    _, _, rest = embedded.url(config.home, logins.METADATA, logins.AIRFLOW).partition("://")
    return {
        _METADATA_URL: f"postgresql+psycopg2://{rest}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{rest}",
    }

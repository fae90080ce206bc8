"""Builds Airflow's whole configuration as environment variables."""

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
    """The address of the pages, and the address and the login of the web UI around them."""

    pages: str
    web_url: str
    user: str
    password: str


def endpoints() -> Endpoints:
    """Return the address and login of this home's web UI, whether it runs or not."""
    pages = f"{web_url()}/plugin/penstock"
    return Endpoints(pages, web_url(), keys.ADMIN, keys.admin_password(settings().home))


def web_url() -> str:
    """Return the web UI's URL, as seen from this machine."""
    host = settings().bind
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{web_port()}"  # noqa: S104


def shared_api_server() -> str | None:
    """Return the URL of Airflow's API server in a container setup; None outside of one.

    Docker Compose sets the execution API's URL for all services. The API server has the same host.
    """
    execution_api = os.environ.get("AIRFLOW__CORE__EXECUTION_API_SERVER_URL")
    return execution_api.rstrip("/").removesuffix("/execution") if execution_api else None


def airflow_env() -> dict[str, str]:
    """Return the environment of an Airflow process of this home.

    An `AIRFLOW__...` variable in `os.environ` overrides the value set here. The folders of the home
    cannot be overridden.

    Raises:
        PenstockError: the checkout has no `dags/` and `AIRFLOW__CORE__DAGS_FOLDER` is not set.
    """
    config = settings()
    layers = (_places(config), _security(config.home), _behaviour(), _telemetry_off())
    defaults = {name: value for layer in layers for name, value in layer.items()}
    fixed = {"PENSTOCK_HOME": str(config.home), "AIRFLOW_HOME": str(config.home / "airflow")}
    if config.datasets:  # absolute paths: a component runs in another folder
        fixed["PENSTOCK_DATASETS"] = config.datasets
    env = defaults | _metadata(config) | os.environ | fixed
    return env | _no_proxy(env)


def uses_embedded() -> bool:
    """Return whether the warehouse or Airflow's metadata is in the embedded Postgres."""
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
    """Return the checkout that contains this package."""
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
        # Testing requires the right to edit connections; the only user is the administrator.
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        # A file passes through five tasks, and each waits for the next scheduler loop.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        # How soon tasks of a killed scheduler or worker are rescheduled.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    }


def _no_proxy(env: dict[str, str]) -> dict[str, str]:
    """Make Airflow's tasks bypass an HTTP proxy when they call the API server."""
    api_host = urlsplit(env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]).hostname or ""
    existing = env.get("no_proxy") or env.get("NO_PROXY") or ""
    if existing == "*":
        return {}
    hosts = [*filter(None, existing.split(",")), "127.0.0.1", "localhost", api_host]
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
    """Set Airflow's metadata database to the embedded server, unless the user set another."""
    if _METADATA_URL in os.environ:
        return {}
    _, _, rest = embedded.url(config.home, logins.METADATA, logins.AIRFLOW).partition("://")
    return {
        _METADATA_URL: f"postgresql+psycopg2://{rest}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{rest}",
    }

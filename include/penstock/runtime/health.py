"""Reports the health of each component, from Airflow's own health endpoint."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import URLError

from penstock.runtime import processes, supervisor
from penstock.runtime.environment import uses_embedded
from penstock.warehouse import embedded

_DIRECT = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
)  # no proxy: the API server is local
# The key of each component in Airflow's health report.
_KEYS = {name: name.replace("-", "_") for name in supervisor.COMPONENTS} | {
    "api-server": "metadatabase"
}


@dataclass(frozen=True)
class ComponentStatus:
    """The status of a component. `trouble` describes a crash loop; None if there is none.

    `pid` and `log` are None if the process runs in another container.
    """

    name: str
    running: bool
    healthy: bool
    pid: int | None
    log: Path | None
    trouble: str | None = None


def statuses(home: Path, web_url: str) -> list[ComponentStatus]:
    """Return the status of every component of `home`, in start order."""
    report = _report(web_url)
    names = [supervisor.NAME, *([supervisor.POSTGRES] if uses_embedded() else [])]
    troubles = supervisor.troubles(home)
    return [_status(n, home, report, troubles.get(n)) for n in (*names, *supervisor.COMPONENTS)]


def statuses_elsewhere(api_server: str) -> list[ComponentStatus]:
    """Return the status of components in other containers, from Airflow's report only."""
    report = _report(api_server)
    healthy = {name: report.get(key, {}).get("status") == "healthy" for name, key in _KEYS.items()}
    return [ComponentStatus(name, well, well, None, None) for name, well in healthy.items()]


def _status(
    name: str, home: Path, report: dict[str, dict[str, str]], trouble: str | None
) -> ComponentStatus:
    postgres = name == supervisor.POSTGRES
    process = embedded.postmaster(home) if postgres else processes.leader(name, home)
    healthy = process is not None and trouble is None and _is_working(name, home, report)
    pid = process.pid if process else None
    log = supervisor.log_path(name, home)
    return ComponentStatus(name, process is not None, healthy, pid, log, trouble)


def _is_working(name: str, home: Path, report: dict[str, dict[str, str]]) -> bool:
    if name == supervisor.NAME:
        return True
    if name == supervisor.POSTGRES:
        return embedded.is_running(home)
    found = report.get(_KEYS[name], {})
    if name == "api-server":
        return found.get("status") == "healthy"
    known = processes.record(name, home)
    return _has_own_heartbeat(found, known.started_at if known else 0)


def _has_own_heartbeat(health: dict[str, str], started_at: float) -> bool:
    """Return whether a healthy heartbeat is from this process, not from a killed predecessor."""
    beats = [value for key, value in health.items() if key.startswith("latest_") and value]
    if health.get("status") != "healthy" or not beats:
        return False
    return datetime.fromisoformat(beats[0]).timestamp() >= started_at


def _report(web_url: str) -> dict[str, dict[str, str]]:
    """Return Airflow's health report; {} if the API server does not answer."""
    try:
        with _DIRECT.open(f"{web_url}/api/v2/monitor/health", timeout=10) as answer:
            return dict(json.load(answer))
    except (URLError, TimeoutError, ConnectionError, ValueError):
        return {}

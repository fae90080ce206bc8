"""How the components are, by what Airflow itself says of them."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import URLError

from penstock.runtime import processes

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


@dataclass(frozen=True)
class ComponentStatus:
    """One component: does its process run, and does it do its work."""

    name: str
    running: bool
    healthy: bool
    pid: int | None
    log: Path


def statuses(home: Path, web_url: str) -> list[ComponentStatus]:
    """Every component of `home`, in the order they are started."""
    report = _report(web_url)
    return [_status(name, home, report) for name in COMPONENTS]


def _status(name: str, home: Path, report: dict[str, dict[str, str]]) -> ComponentStatus:
    known = processes.record(name, home)
    running = processes.is_alive(name, home)
    if name == "api-server":
        healthy = report.get("metadatabase", {}).get("status") == "healthy"
    else:
        healthy = _works(report.get(name.replace("-", "_"), {}), known.started_at if known else 0)
    pid = known.pid if known and running else None
    return ComponentStatus(name, running, running and healthy, pid, processes.log_path(name, home))


def _works(said: dict[str, str], started_at: float) -> bool:
    """Whether a healthy heartbeat is this process's own, not one of its killed predecessor."""
    beats = [value for key, value in said.items() if key.startswith("latest_") and value]
    if said.get("status") != "healthy" or not beats:
        return False
    return datetime.fromisoformat(beats[0]).timestamp() >= started_at


def _report(web_url: str) -> dict[str, dict[str, str]]:
    """Airflow's health page; {} while nobody answers."""
    try:
        with urllib.request.urlopen(f"{web_url}/api/v2/monitor/health", timeout=10) as answer:  # noqa: S310
            return dict(json.load(answer))
    except (URLError, TimeoutError, ConnectionError, ValueError):
        return {}

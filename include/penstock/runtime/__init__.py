"""Postgres and Airflow's components as processes: start, supervise, stop, report their status."""

from penstock.runtime.environment import Endpoints, airflow_env, endpoints
from penstock.runtime.health import ComponentStatus
from penstock.runtime.lifecycle import down, status, up, up_in_foreground

__all__ = [
    "ComponentStatus",
    "Endpoints",
    "airflow_env",
    "down",
    "endpoints",
    "status",
    "up",
    "up_in_foreground",
]

"""Airflow's four components as processes: start them, stop them, see how they are."""

from penstock.runtime.environment import Endpoints, airflow_env, endpoints
from penstock.runtime.health import ComponentStatus
from penstock.runtime.lifecycle import down, status, up

__all__ = ["ComponentStatus", "Endpoints", "airflow_env", "down", "endpoints", "status", "up"]

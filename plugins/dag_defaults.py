"""Options that the DAGs share: one run at a time, retries, the pool of warehouse writers."""

from datetime import timedelta
from typing import Any

from penstock.settings import WAREHOUSE_POOL

__all__ = ["DAG_OPTIONS", "TASK_DEFAULTS", "WAREHOUSE_POOL"]

DAG_OPTIONS: dict[str, Any] = {"catchup": False, "max_active_runs": 1}
TASK_DEFAULTS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
}

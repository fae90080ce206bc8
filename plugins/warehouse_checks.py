"""Runs the provider's SQL checks on the connection `warehouse`, as reader."""

import json
from typing import Any

from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.providers.common.sql.operators.sql import (
    BaseSQLOperator,
    SQLCheckOperator,
    SQLTableCheckOperator,
    SQLThresholdCheckOperator,
)
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from penstock import ledger
from warehouse_connection import CONN_ID

_ROLE = "-c role=penstock_reader"


class _AsReader(BaseSQLOperator):
    """A check of `dataset` or, with `mart`, of a mart; skipped before the mart's first build.

    A failed check is not retried, because the result would be the same.
    """

    def __init__(self, *, dataset: str, mart: str | None = None, **options: Any) -> None:
        super().__init__(conn_id=CONN_ID, retry_on_failure=False, **options)
        self.dataset = dataset
        self.mart = mart

    def get_db_hook(self) -> DbApiHook:
        """Return the connection's hook with the role of a reader; existing options are kept."""
        hook = super().get_db_hook()
        extra = hook.connection.extra_dejson
        if _ROLE not in extra.get("options", ""):
            extra["options"] = f"{extra.get('options', '')} {_ROLE}".strip()
            hook.connection.extra = json.dumps(extra)
        return hook

    def execute(self, context: Any) -> Any:
        """Run the check.

        Raises:
            AirflowSkipException: the mart is not built yet.
            AirflowFailException: the check failed, or the mart no longer exists.
        """
        if self.mart:
            params = {"table": f"marts.{self.mart}", "dataset": self.dataset}
            exists, built = self.get_db_hook().get_first(ledger.BUILT_ONCE, params)
            if not exists and built:
                raise AirflowFailException(f"marts.{self.mart} is gone")
            if not exists:
                raise AirflowSkipException(f"marts.{self.mart} was not built yet")
        return super().execute(context)


class CheckRow(_AsReader, SQLCheckOperator):
    """Checks that all values of the row that `sql` returns are true."""


class CheckTable(_AsReader, SQLTableCheckOperator):
    """Checks that all `checks` of `table` are true."""


class CheckRange(_AsReader, SQLThresholdCheckOperator):
    """Checks that the value that `sql` returns is in the range."""

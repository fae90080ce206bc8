"""The provider's SQL checks on the connection `warehouse`, each as a reader."""

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
    """A check of `dataset`, and with `mart` of that mart: skipped before the first build.

    What a check finds is there on a second look too: it is not tried again.
    """

    def __init__(self, *, dataset: str, mart: str | None = None, **options: Any) -> None:
        super().__init__(conn_id=CONN_ID, retry_on_failure=False, **options)
        self.dataset = dataset
        self.mart = mart

    def get_db_hook(self) -> DbApiHook:
        """The hook of the connection; options of the connection's own are kept."""
        hook = super().get_db_hook()
        extra = hook.connection.extra_dejson
        if _ROLE not in extra.get("options", ""):
            extra["options"] = f"{extra.get('options', '')} {_ROLE}".strip()
            hook.connection.extra = json.dumps(extra)
        return hook

    def execute(self, context: Any) -> Any:
        """Check.

        Raises:
            AirflowSkipException: the mart was not built yet.
            AirflowFailException: the check found something, or the mart is gone.
        """
        if self.mart:
            asked = {"table": f"marts.{self.mart}", "dataset": self.dataset}
            there, built = self.get_db_hook().get_first(ledger.BUILT_ONCE, asked)
            if not there and built:
                raise AirflowFailException(f"marts.{self.mart} is gone")
            if not there:
                raise AirflowSkipException(f"marts.{self.mart} was not built yet")
        return super().execute(context)


class CheckRow(_AsReader, SQLCheckOperator):
    """All values of the row that `sql` gives are true."""


class CheckTable(_AsReader, SQLTableCheckOperator):
    """All `checks` of `table` are true."""


class CheckRange(_AsReader, SQLThresholdCheckOperator):
    """The value that `sql` gives is in the range."""

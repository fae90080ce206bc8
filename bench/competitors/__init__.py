"""What people load a CSV file into Postgres with, each as its documentation says is fastest.

A module here has `NAME`, `DOES` (what it does beside loading) and `run(path, dsn)`, which loads
the file into the empty table `TABLE`. Where there is a `prepare()` it is not timed; where there is
a `missing()` it says what must be installed first.
"""

from dataclasses import dataclass

TABLE = "products"
COLUMNS = ("name", "sku", "description")
MODULES = (
    "bare_copy",
    "adbc",
    "pandas_copy",
    "dlt_arrow",
    "pandas_to_sql",
    "spark_jdbc",
    "pgloader",
    "pandas_multi",
)


@dataclass(frozen=True)
class Does:
    """What a loader does beside loading, each in a word or two for the table of results."""

    row_checks: str
    quarantine: str
    exactly_once: str

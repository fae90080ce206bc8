"""Access logs: one line per request, in NCSA's common or combined format."""

from datetime import timedelta

from penstock.datasets.countries import country_of
from penstock.declare.columns import Derived
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.logs.ncsa import NCSA, NCSA_COLUMNS

# The usual names of logs: access.log, access.log.2.gz, access.log-20261119.gz,
# localhost_access_log.2026-11-20.txt.
_NAMES = ("*.log", "*.log.*", "*.log-*", "*access_log*")

access_log = Dataset(
    name="access_log",
    description="Requests to web servers, from their access logs: one line per request.",
    files=dict.fromkeys(_NAMES, NCSA),
    columns=(*NCSA_COLUMNS, Derived("country", source="host", function=country_of)),
    expectations=(
        expect.column_values_to_match_regex("country", "^[A-Z]{2}$", reason="not two letters"),
        expect.column_values_to_be_between(
            "requested_at",
            "1990-01-01T00:00:00Z",
            "2100-01-01T00:00:00Z",
            reason="not between 1990 and 2100",
        ),
    ),
    versions="replace",
    expected_every=timedelta(days=7),
)

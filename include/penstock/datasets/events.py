"""Events of accounts, as space-separated text without a header."""

from penstock.declare.columns import Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Lines

events = Dataset(
    name="events",
    description="Account events: one line per event, `time email session`, separated by blanks.",
    files={"*.txt": Lines(separator=" ")},
    columns=(
        Timestamp("event_time"),
        Text("email", max_length=320),
        Text("session_id", required=False, max_length=200),
    ),
    expectations=(
        expect.column_values_to_be_between(
            "event_time",
            "1970-01-01T00:00:00Z",
            "2100-01-01T00:00:00Z",
            reason="not between 1970 and 2100",
        ),
    ),
    versions="replace",
)

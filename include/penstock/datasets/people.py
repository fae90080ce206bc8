"""People: one CSV file per person, named by the user id, in a mirrored folder."""

from penstock.declare.columns import Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv

people = Dataset(
    name="people",
    description="People, one file each; the last row of a file is the person. Each build writes "
    "`exports/people/output.csv`.",
    files={"*.csv": Csv(strip=True)},
    path_pattern=r"(?:.*/)?(?P<user_id>[^/]+)\.\w+",
    columns=(
        Text("user_id"),
        Text("first_name"),
        Text("last_name", required=False),
        Timestamp("birthts", form="epoch_ms"),
    ),
    expectations=(
        expect.column_values_to_be_between(
            "birthts",
            "1850-01-01T00:00:00Z",
            "2100-01-01T00:00:00Z",
            reason="not between 1850 and 2100",
        ),
    ),
    mirror=True,
)

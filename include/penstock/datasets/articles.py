"""Articles, to which the actions of the clickstream refer."""

from penstock.declare.columns import Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv

articles = Dataset(
    name="articles",
    description="Articles by id; of rows with the same id the last received wins.",
    files={"*.csv": Csv()},
    columns=(
        Text("id", max_length=32),
        Text("title", max_length=32),
        Timestamp("created_by", zone="UTC"),
        Timestamp("updated_by", required=False, zone="UTC"),
    ),
    expectations=(
        expect.column_values_to_match_regex("id", r"\S", reason="is blank"),
        expect.column_values_to_match_regex("title", r"\S", reason="is blank"),
    ),
    versions="add",
)

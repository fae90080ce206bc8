"""Products: a large CSV whose descriptions contain commas, quotes and newlines.

A row with `true` in the optional column `deleted` deletes its sku.
"""

from penstock.declare.columns import Text
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv

products = Dataset(
    name="products",
    description="Products by sku; of rows with the same sku the last received wins. A row with "
    "`true` in the column `deleted` deletes its sku.",
    files={"*.csv": Csv()},
    columns=(
        Text("name", max_length=420),
        Text("sku", max_length=120),
        Text("description", required=False),
        Text("deleted", required=False, rare=True),
    ),
    expectations=(
        expect.column_values_to_match_regex("sku", r"\S", reason="is blank"),
        expect.column_values_to_match_regex("name", r"\S", reason="is blank"),
        expect.column_values_to_be_in_set(
            "deleted", ["", "true", "false"], reason="not true, false or empty"
        ),
    ),
    versions="add",
)

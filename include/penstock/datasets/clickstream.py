"""Clickstream: actions of users on articles, with their time."""

from penstock.declare.columns import Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv

ACTIONS = ("FIRST_INSTALL", "LIKE_ARTICLE", "LOG_IN")

clickstream = Dataset(
    name="clickstream",
    description="Actions of users; of rows with the same user and time the first received counts.",
    files={"*.csv": Csv()},
    columns=(
        Text("user_id", max_length=32),
        Timestamp("time", zone="UTC"),
        Text("action"),
        Text("object_id", required=False, max_length=32),
    ),
    expectations=(
        expect.column_values_to_match_regex("user_id", r"\S", reason="is blank"),
        expect.column_values_to_be_in_set("action", ACTIONS),
    ),
    versions="add",
)

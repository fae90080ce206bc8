"""Votes that were cast at kiosks, as JSON lines or CSV."""

import csv

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv, JsonLines
from penstock.settings.checkout import ROOT

_SEED = ROOT / "dbt_project" / "seeds" / "candidates.csv"


def candidates() -> dict[str, str]:
    """The name of each candidate by key, from the dbt seed."""
    with _SEED.open(newline="", encoding="utf-8") as file:
        return {row["candidate"]: row["name"] for row in csv.DictReader(file)}


votes = Dataset(
    name="votes",
    description="Votes; of rows with the same time and kiosk the first received counts.",
    files={"*.jsonl": JsonLines(), "*.ndjson": JsonLines(), "*.csv": Csv()},
    columns=(
        Text("candidate"),
        Timestamp("vote_time", zone="UTC"),
        Integer("kiosk_id", minimum=0, maximum=2**31 - 1),
    ),
    expectations=(
        expect.column_values_to_be_in_set(
            "candidate", sorted(candidates()), reason="not a candidate"
        ),
    ),
    versions="add",
)

"""Step chains from a number down to 1: one JSON message per step."""

from penstock.declare.columns import BigInteger, Integer
from penstock.declare.dataset import Dataset
from penstock.declare.formats import JsonLines

step_chains = Dataset(
    name="step_chains",
    description="Steps of chains from a number down to 1, in pieces and in any order; of messages "
    "for the same step the first received counts.",
    files=dict.fromkeys(("*.jsonl", "*.ndjson"), JsonLines()),
    columns=(
        Integer("number", minimum=1),
        Integer("step", minimum=0),
        BigInteger("value", minimum=1),
    ),
    versions="add",
)

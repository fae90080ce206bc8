"""Columns derived from others: computed once for each distinct text, then judged like any other."""

from collections import Counter

import pytest

from penstock.declare.columns import Derived, Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import expect
from penstock.declare.formats import Csv
from penstock.errors import PenstockError
from penstock.formats.parse import parse
from penstock.validate import validate
from tests.unit.texts import texts

ASKED: Counter[str] = Counter()


def initial(name: str) -> str:
    ASKED[name] += 1
    return name[:1].upper()


def things(source: str = "name") -> Dataset:
    return Dataset(
        name="things",
        description="Things.",
        files={"*.csv": Csv()},
        columns=(Derived("initial", source=source, function=initial), Text("name"), Integer("n")),
        expectations=(expect.column_values_to_match_regex("initial", "[A-Z]", reason="no letter"),),
    )


def test_it_is_computed_once_for_each_distinct_text() -> None:
    ASKED.clear()
    frame = texts({"name": ["ann", "bob", "ann", "7up"], "n": ["1", "2", "3", "4"]})
    verdict = validate(things(), frame)
    assert verdict.frame.to_dict("list") == {
        "initial": ["A", "B", "A", "7"],
        "name": ["ann", "bob", "ann", "7up"],
        "n": [1, 2, 3, 4],
    }
    assert verdict.reasons == {3: ["initial: no letter, found 7"]}
    assert ASKED == {"ann": 1, "bob": 1, "7up": 1}


def test_what_a_file_holds_under_its_name_does_not_count() -> None:
    block = b"x,5,ann\n"
    parsed = parse(things(), "a.csv", block, 2, ["initial", "n", "name"])
    assert parsed.frame.to_dict("list") == {"name": ["ann"], "n": ["5"]}
    assert validate(things(), parsed.frame).frame["initial"].tolist() == ["A"]


def test_an_empty_batch() -> None:
    assert validate(things(), texts({"name": [], "n": []})).frame.empty


@pytest.mark.parametrize("source", ["nothing", "initial"])
def test_its_source_must_be_a_column_of_the_file(source: str) -> None:
    with pytest.raises(PenstockError, match=f"column initial: derived from '{source}'"):
        things(source)

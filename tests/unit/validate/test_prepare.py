"""A dataset's prepare: rows keep their lines, and what it cannot take is refused row by row."""

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.declare.columns import Integer, Text
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Lines
from penstock.errors import BadRows, RejectFile
from penstock.formats.parse import parse
from penstock.formats.parsed import Parsed
from penstock.validate import prepare as module
from penstock.validate.prepare import BrokenPrepare, prepare

Frame = pd.DataFrame


def prepared(function: Callable[[Frame], Frame], *numbers: str) -> Parsed:
    """What `function` makes of a file with these numbers, one a line, and their double unset."""
    declared = Dataset(
        "things",
        "Things.",
        {"*.txt": Lines(pattern="(?P<n>[^ ]*) ?(?P<twice>.*)")},
        (Integer("n"), Text("twice", required=False)),
        prepare=function,
    )
    block = "".join(f"{number} \n" for number in numbers).encode()
    return prepare(declared, parse(declared, "a.txt", block, 10, None))


def rows(parsed: Parsed) -> list[tuple[int, ...]]:
    return [*parsed.frame.itertuples(name=None)]


def refused(parsed: Parsed) -> dict[int, str]:
    assert all(r.raw == parsed.raw(r.line) for r in parsed.refused)
    return {r.line: reason for r in parsed.refused for reason in r.reasons}


def double(frame: Frame) -> Frame:
    return frame.assign(twice=(frame["n"].astype(int) * 2).astype(str))


def test_rows_keep_their_lines_whatever_their_order() -> None:
    made = prepared(lambda frame: double(frame)[::-1], "1", "2", "3")
    assert rows(made) == [(12, "3", "6"), (11, "2", "4"), (10, "1", "2")]
    assert (made.refused, made.raw(12), made.records) == ([], "3 ", 3)


def test_a_row_that_is_left_out_is_refused() -> None:
    made = prepared(lambda frame: frame[frame["n"] != "2"], "1", "2", "3")
    assert rows(made) == [(10, "1", ""), (12, "3", "")]
    assert refused(made) == {11: "dropped by prepare"}


def test_only_the_rows_that_make_it_raise_are_refused() -> None:
    made = prepared(double, "1", "x", "3", "4", "y")
    assert rows(made) == [(10, "1", "2"), (12, "3", "6"), (13, "4", "8")]
    assert refused(made) == {
        11: "prepare: ValueError: invalid literal for int() with base 10: 'x'",
        14: "prepare: ValueError: invalid literal for int() with base 10: 'y'",
    }


def test_it_can_say_which_rows_are_bad_and_why() -> None:
    def named(frame: Frame) -> Frame:
        odd = frame.index[~frame["n"].str.isdigit()]
        if len(odd):
            raise BadRows(dict.fromkeys(odd, "n: no digits"))
        return double(frame)

    made = prepared(named, "1", "x", "3", "y")
    assert rows(made) == [(10, "1", "2"), (12, "3", "6")]
    assert refused(made) == {11: "n: no digits", 13: "n: no digits"}


def test_rows_it_names_but_was_not_given_are_looked_for() -> None:
    def wrong(frame: Frame) -> Frame:
        if (frame["n"] == "2").any():
            raise BadRows({99: "not here"})
        return frame

    assert refused(prepared(wrong, "1", "2")) == {11: "prepare: BadRows: line 99: not here"}


@given(st.lists(st.sampled_from(["1", "x", "-", "2"]), max_size=40))
def test_every_row_ends_somewhere(numbers: list[str]) -> None:
    def strict(frame: Frame) -> Frame:
        return double(frame[frame["n"] != "-"])

    made = prepared(strict, *numbers)
    at = dict(enumerate(numbers, 10))
    assert rows(made) == [(i, n, str(int(n) * 2)) for i, n in at.items() if n.isdigit()]
    assert {line: why.split(":")[0] for line, why in refused(made).items()} == {
        i: "prepare" if n == "x" else "dropped by prepare" for i, n in at.items() if n in "x-"
    }


def test_what_has_no_value_is_empty() -> None:
    made = prepared(lambda frame: frame.assign(twice=[None, "b"]), "1", "2")
    assert rows(made) == [(10, "1", ""), (11, "2", "b")]
    made = prepared(lambda frame: frame.assign(n=frame["n"].where(frame["n"] == "1")), "1", "2")
    assert rows(made) == [(10, "1", ""), (11, "", "")]


def test_the_frame_it_is_given_is_its_own() -> None:
    def in_place(frame: Frame) -> Frame:
        if (frame["n"] == "x").any():
            frame["n"] = "lost"
            raise ValueError("x")
        frame["twice"] = frame.pop("n")
        frame["n"] = frame["twice"]
        return frame

    made = prepared(in_place, "1", "x")
    assert (rows(made), [*refused(made)]) == ([(10, "1", "1")], [11])


BROKEN = {
    "prepare gives no column n": lambda frame: frame[["twice"]],
    "prepare gives lines that repeat or that it": lambda frame: frame.reset_index(drop=True),
    "prepare gives lines that repeat or": lambda frame: pd.concat([frame, frame]),
    "prepare gives a NoneType: expected a DataFrame": lambda _: None,
    "prepare makes column n int64: expected text": lambda frame: frame.astype({"n": int}),
    "prepare makes column n object: expected text": lambda frame: frame.assign(n=["1", 2]),
    "prepare fails without any row: KeyError: 'm'": lambda frame: double(frame).assign(
        n=frame["m"]
    ),
}


@pytest.mark.parametrize("told", BROKEN)
def test_a_prepare_that_is_broken_is_told(told: str) -> None:
    with pytest.raises(BrokenPrepare, match=told):
        prepared(BROKEN[told], "1", "2")


@pytest.mark.parametrize("fault", [MemoryError(), OSError(28, "no space"), RejectFile("not ours")])
def test_what_is_no_rows_fault_is_raised(fault: Exception) -> None:
    def fail(frame: Frame) -> Frame:
        raise fault

    with pytest.raises(type(fault)):
        prepared(fail, "1", "2")


def test_it_does_not_look_for_rows_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_RAISES", 9)
    assert len(refused(prepared(double, "1", "x", "3", "y"))) == 2
    with pytest.raises(RejectFile, match=r"prepare raises for too many rows, .* ValueError: .*'x'"):
        prepared(double, *"xxxxxxxx")

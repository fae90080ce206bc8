"""The rule behind a reason."""

import pytest

from penstock.errors.rules import rule_of

RULES = {
    "sku: is blank": "sku: is blank",
    'sku: is blank, found "   "': "sku: is blank",
    "kiosk_id: not between 0 and 9, found -1": "kiosk_id: not between 0 and 9",
    "time: 'a, expected b', expected a day": "time: expected a day",
    "expected 3 fields separated by ' ', found 1": "expected 3 fields separated by ' '",
    "not JSON: Expecting value at character 1": "not JSON: Expecting value",
    "no record: character 33: expected a time, found 21/Aug": "no record: expected a time",
    "column 5: found x, but it has no name": "column 5: has no name",
    "prepare: ValueError: no number: x": "prepare: ValueError",
    "column 3: text behind a quote: found 'x', expected a comma": "column 3: expected a comma",
}


@pytest.mark.parametrize(("reason", "rule"), RULES.items())
def test_a_rule_has_no_value(reason: str, rule: str) -> None:
    assert rule_of(reason) == rule
    assert rule_of(rule) == rule

"""What a format declaration refuses."""

import pytest

from penstock.declare.formats import Csv
from penstock.errors import PenstockError


@pytest.mark.parametrize("separator", ["", ";;", "¦", "\n", "\r", "\0"])
def test_a_csv_separator_is_one_plain_character(separator: str) -> None:
    with pytest.raises(PenstockError, match="expected one ASCII character"):
        Csv(separator=separator)

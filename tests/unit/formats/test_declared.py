"""What a format declaration refuses."""

import pytest

from penstock.errors import PenstockError
from penstock.formats import Csv


@pytest.mark.parametrize("separator", ["", ";;", "¦", "\n", "\r", "\0"])
def test_a_csv_separator_is_one_plain_character(separator: str) -> None:
    with pytest.raises(PenstockError, match="expected one ASCII character"):
        Csv(separator=separator)

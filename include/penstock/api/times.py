"""Parses dates and times in ISO 8601 only. Pydantic would also accept numbers, as seconds."""

import re
from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _instant(value: object) -> object:
    if isinstance(value, str) and _DATE.match(value):
        return value
    text = "Input should be a valid datetime in ISO 8601, such as 2024-05-01T12:00:00Z"
    raise PydanticCustomError("iso_8601", text)


def _day(value: object) -> object:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return value
    raise PydanticCustomError("iso_8601", "Input should be a valid date, such as 2024-05-01")


Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]

"""The rules of a dataset, with the names of Great Expectations but without importing it.

`expect.column_values_to_match_regex("sku", r"\\S")` stands for
`gx.expectations.ExpectColumnValuesToMatchRegex(column="sku", regex=r"\\S")`. A process builds the
suite from these before it validates its first row. Only map expectations (one result per row) work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expectation:
    """One map expectation: its type and arguments in Great Expectations, and its reason."""

    type: str
    column: str
    kwargs: tuple[tuple[str, Any], ...]
    reason: str

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for Great Expectations, including the column."""
        return {"column": self.column, **dict(self.kwargs)}


class _Expect:
    """Makes expectations: `expect.<name in Great Expectations>(column, ..., reason=...)`."""

    _positional = {  # noqa: RUF012 - read only
        "column_values_to_match_regex": ("regex",),
        "column_values_to_not_match_regex": ("regex",),
        "column_values_to_be_in_set": ("value_set",),
        "column_values_to_be_between": ("min_value", "max_value"),
        "column_value_lengths_to_be_between": ("min_value", "max_value"),
        "column_values_to_not_be_null": (),
    }

    def __getattr__(self, name: str) -> Callable[..., Expectation]:
        if name not in self._positional:
            known = ", ".join(sorted(self._positional))
            raise AttributeError(f"expect.{name} is not a known expectation; known are {known}")

        def make(column: str, *args: Any, reason: str | None = None, **kwargs: Any) -> Expectation:
            named = dict(zip(self._positional[name], args, strict=False)) | kwargs
            items = tuple((key, _frozen(value)) for key, value in named.items())
            return Expectation(f"expect_{name}", column, items, reason or _reason(name, named))

        return make


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | set) else value


def _reason(name: str, kwargs: dict[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    match name:
        case "column_values_to_match_regex":
            return f"does not match {kwargs['regex']}"
        case "column_values_to_not_match_regex":
            return f"matches {kwargs['regex']}"
        case "column_values_to_be_in_set":
            return "not one of " + ", ".join(map(str, kwargs["value_set"]))
        case "column_values_to_be_between":
            return _bounds("", low, high)
        case "column_value_lengths_to_be_between":
            return "is empty" if (low, high) == (1, None) else _bounds(" characters", low, high)
    return "is empty"


def _bounds(unit: str, low: Any, high: Any) -> str:
    if low is None:
        return f"more than {high}{unit}"
    if high is None:
        return f"less than {low}{unit}"
    return f"not between {low} and {high}{unit}"


expect = _Expect()

"""The expectation suite of a dataset: implied by its columns, then declared."""

import re
from functools import cache
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.core import ExpectationSuite
from great_expectations.expectations.registry import get_expectation_impl

from penstock.declare.columns import Column, Number, Text
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import Expectation, expect
from penstock.errors import PenstockError

CAST = "cast"
"""The type of Penstock's own check: a field's text is a value of its column."""


@cache
def checks_of(dataset: Dataset) -> tuple[Expectation, ...]:
    """Every check of a row, column by column: that its text casts, then the expectations."""
    casts = {
        c.name: Expectation(CAST, c.name, (("type", c.sql_type),), f"expected {c.noun}")
        for c in dataset.columns
        if not isinstance(c, Text)  # any text is text
    }
    checks = []
    for column in dataset.columns:
        checks += [casts[column.name]] if column.name in casts else []
        checks += [e for e in expectations_of(dataset) if e.column == column.name]
    return tuple(checks)


@cache
def expectations_of(dataset: Dataset) -> tuple[Expectation, ...]:
    """Every expectation of the dataset, column by column in the order of the columns."""
    return tuple(
        expectation
        for column in dataset.columns
        for expectation in (
            *implied_by(column),
            *(e for e in dataset.expectations if e.column == column.name),
        )
    )


def implied_by(column: Column) -> list[Expectation]:
    """The expectations that the declaration of one column implies."""
    implied = []
    if column.required:
        implied.append(expect.column_values_to_not_be_null(column.name))
    if column.required and isinstance(column, Text):
        implied.append(expect.column_value_lengths_to_be_between(column.name, 1))
    if isinstance(column, Text) and column.max_length is not None:
        reason = f"longer than {column.max_length} characters"
        implied.append(
            expect.column_value_lengths_to_be_between(
                column.name, max_value=column.max_length, reason=reason
            )
        )
    if isinstance(column, Number):
        low, high = column.minimum, column.maximum
        if (low, high) != (None, None):
            implied.append(expect.column_values_to_be_between(column.name, low, high))
    return implied


@cache
def suite_of(dataset: Dataset) -> ExpectationSuite:
    """Great Expectations' suite of the dataset, its expectations in the order of `expectations_of`.

    Raises:
        PenstockError: an expectation is declared with arguments that GX or `re` refuses.
    """
    declared = expectations_of(dataset)
    return ExpectationSuite(dataset.name, expectations=[_built(dataset, e) for e in declared])


def _built(dataset: Dataset, expectation: Expectation) -> gxe.Expectation:
    arguments: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in expectation.arguments.items()
    }
    try:
        re.compile(str(arguments.get("regex", "")))
        return get_expectation_impl(expectation.type)(**arguments)
    except (ValueError, TypeError, re.error) as error:
        raise PenstockError(
            f"dataset {dataset.name}, column {expectation.column}: {expectation.type} "
            f"cannot be built from {arguments}: {error}"
        ) from error

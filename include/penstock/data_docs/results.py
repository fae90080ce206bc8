"""Convert the ledger's checks and counts to suites and results of Great Expectations."""

from datetime import UTC, datetime

from great_expectations import __version__ as gx_version
from great_expectations.core import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from penstock import ledger
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import Expectation
from penstock.validate.suite import expectations_of


def suite(dataset: Dataset) -> ExpectationSuite:
    """The current expectations of `dataset` as a suite, each with its reason."""
    return ExpectationSuite(
        dataset.name,
        expectations=[_configuration(check) for check in expectations_of(dataset)],
        notes=[dataset.description],
        meta={"great_expectations_version": gx_version},
    )


def validation_result(
    file: ledger.ValidatedFile, checks: list[ledger.CheckResult]
) -> ExpectationSuiteValidationResult:
    """The results of a file's expectations; successful if all its records were loaded."""
    results = [_result(check) for check in checks]
    passed = sum(bool(result.success) for result in results)
    return ExpectationSuiteValidationResult(
        success=file.state != ledger.State.REJECTED and file.rows_bad == 0,
        results=results,
        suite_name=file.dataset,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results) if results else None,
        },
        meta={
            "great_expectations_version": gx_version,
            "run_id": {"run_name": f"file {file.file_id}", "run_time": iso(file.loaded_at)},
            "batch_spec": {"data_asset_name": file.path},
        },
    )


def iso(instant: datetime) -> str:
    """An instant in UTC, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _result(check: ledger.CheckResult) -> ExpectationValidationResult:
    present = check.evaluated - check.missing
    return ExpectationValidationResult(
        success=check.unexpected == 0,
        expectation_config=_configuration(check),
        result={
            "element_count": check.evaluated,
            "missing_count": check.missing,
            "missing_percent": _percent(check.missing, check.evaluated),
            "unexpected_count": check.unexpected,
            "unexpected_percent": _percent(check.unexpected, present),
            "unexpected_percent_total": _percent(check.unexpected, check.evaluated),
            "unexpected_percent_nonmissing": _percent(check.unexpected, present),
            "partial_unexpected_list": [],  # the quarantine has the records
        },
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _configuration(check: Expectation | ledger.CheckResult) -> ExpectationConfiguration:
    return ExpectationConfiguration(
        type=check.type,
        kwargs={"column": check.column, **dict(check.kwargs)},
        meta={"notes": {"format": "string", "content": [f"Told as: {check.reason}"]}},
    )

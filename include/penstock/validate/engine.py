"""Great Expectations' machinery, kept warm: one validator a suite, fed one frame after another."""

import copy
import threading
from typing import Any

import pandas as pd
from great_expectations.core import ExpectationSuite
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.validator import Validator
from tqdm.auto import tqdm

# GX makes a progress bar even where none is shown. The lock tqdm takes for it is shared between
# processes: a loader that is killed while it holds it would block all the others for ever.
tqdm.set_lock(threading.RLock())

_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}


class ArrowExecutionEngine(PandasExecutionEngine):
    """The engine under whose name `penstock.validate.metrics` registers metrics for Arrow frames.

    A frame given to `load_batch_data` is not fingerprinted as one read through a data source is.
    """

    def load_batch_data(self, batch_id: str, batch_data: pd.DataFrame) -> None:
        """Load a frame whose labels become positions: GX names failing rows by label."""
        super().load_batch_data(batch_id, batch_data.reset_index(drop=True))


class SuiteValidator(Validator):
    """GX's validator for one suite and any number of frames; safe to share between threads."""

    def __init__(self, suite: ExpectationSuite) -> None:
        # Without caching: GX keeps every metric of every batch for as long as the engine lives.
        super().__init__(execution_engine=ArrowExecutionEngine(caching=False))
        self.metrics_calculator.show_progress_bars = False
        self._configurations = suite.expectation_configurations
        self._planned: tuple[list[Any], ...] | None = None
        self._lock = threading.Lock()

    def judge(self, frame: pd.DataFrame) -> list[ExpectationValidationResult]:
        """The result of each expectation, in the suite's order; failing rows by position."""
        runtime = {"catch_exceptions": False, "result_format": _RESULT_FORMAT}
        with self._lock:
            self.execution_engine.load_batch_data("block", frame)
            try:
                return self.graph_validate(self._configurations, runtime)
            finally:
                self.execution_engine.batch_manager.batch_data_cache.clear()

    def _generate_metric_dependency_subgraphs_for_each_expectation_configuration(
        self,
        expectation_configurations: list[ExpectationConfiguration],
        processed_configurations: list[ExpectationConfiguration],
        **runtime: object,
    ) -> tuple[list[Any], ...]:
        """Plan the metrics once: the plan is the same for every frame and costs half a call."""
        if self._planned is None:
            self._planned = (
                super()._generate_metric_dependency_subgraphs_for_each_expectation_configuration(
                    expectation_configurations, processed_configurations, **runtime
                )
            )
        return tuple(copy.copy(part) for part in self._planned)

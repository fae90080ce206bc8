"""Great Expectations' machinery, kept warm: one judge a suite, fed one frame after another."""

import threading
from functools import cached_property
from typing import Any

import pandas as pd
from great_expectations.core import ExpectationSuite
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.validator.metrics_calculator import MetricsCalculator
from great_expectations.validator.validation_graph import MetricEdge, ValidationGraph
from tqdm.auto import tqdm

# GX makes a progress bar even where none is shown. The lock tqdm takes for it is shared between
# processes: a loader that is killed while it holds it would block all the others for ever.
tqdm.set_lock(threading.RLock())

_RUNTIME = {
    "catch_exceptions": False,
    "result_format": {
        "result_format": "COMPLETE",
        "exclude_unexpected_values": True,
        "return_unexpected_index_query": False,
    },
}


class ArrowExecutionEngine(PandasExecutionEngine):
    """The engine under whose name `penstock.validate.metrics` registers metrics for Arrow frames.

    A frame given to `load_batch_data` is not fingerprinted as one read through a data source is.
    """

    def load_batch_data(self, batch_id: str, batch_data: Any) -> None:
        """Load a frame whose labels become positions: GX names failing rows by label."""
        super().load_batch_data(batch_id, batch_data.reset_index(drop=True))


class Judge:
    """GX's verdicts on any number of frames by one suite; safe to share between threads.

    Does what GX's `Validator.graph_validate` does, but derives only once which metrics each
    expectation needs: that is the same for every frame and cost half a call.
    """

    def __init__(self, suite: ExpectationSuite) -> None:
        # Without caching: GX keeps every metric of every batch for as long as the engine lives.
        self._engine = ArrowExecutionEngine(caching=False)
        self._calculator = MetricsCalculator(self._engine, show_progress_bars=False)
        self._expectations = [c.to_domain_obj() for c in suite.expectation_configurations]
        self._lock = threading.Lock()

    def __call__(self, frame: pd.DataFrame) -> list[dict[str, Any]]:
        """The result of each expectation, in the suite's order; failing rows by position."""
        with self._lock:
            self._engine.load_batch_data("block", frame)
            try:
                graph = ValidationGraph(execution_engine=self._engine, edges=[*self._edges])
                found, _ = self._calculator.resolve_validation_graph(graph, _RUNTIME)
                return [
                    expectation._validate(
                        {name: found[metric.id] for name, metric in needed.items()},
                        _RUNTIME,
                        self._engine,
                    )["result"]
                    for expectation, needed in zip(self._expectations, self._needed, strict=True)
                ]
            finally:
                self._engine.batch_manager.batch_data_cache.clear()

    @cached_property
    def _needed(self) -> list[dict[str, Any]]:
        """The metrics that each expectation needs, by the name it knows them by."""
        return [
            e.get_validation_dependencies(self._engine, _RUNTIME).metric_configurations
            for e in self._expectations
        ]

    @cached_property
    def _edges(self) -> list[MetricEdge]:
        """Which metric needs which, over the whole suite."""
        graphs = [
            self._calculator.build_metric_dependency_graph([*needed.values()], _RUNTIME)
            for needed in self._needed
        ]
        return [edge for graph in graphs for edge in graph.edges]

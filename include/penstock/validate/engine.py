"""Great Expectations, kept warm: one `Judge` for each suite validates frame after frame."""

import threading
from functools import cached_property
from typing import Any

import pandas as pd
from great_expectations.core import ExpectationSuite
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.validator.metrics_calculator import MetricsCalculator
from great_expectations.validator.validation_graph import MetricEdge, ValidationGraph
from tqdm.auto import tqdm

# GX makes a progress bar even if it is not shown. The lock that tqdm takes for it is shared between
# processes: a loader that is killed while it holds the lock would block all others forever.
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
    """The engine for which `penstock.validate.metrics` registers metrics for Arrow frames.

    `load_batch_data` does not fingerprint the frame, as a data source of GX would.
    """

    def load_batch_data(self, batch_id: str, batch_data: Any) -> None:
        """Load a frame whose labels become positions: GX names failing rows by label."""
        super().load_batch_data(batch_id, batch_data.reset_index(drop=True))


class Judge:
    """GX's verdicts on any number of frames by one suite; safe to share between threads.

    Does what GX's `Validator.graph_validate` does, but finds the metrics that each expectation
    needs only once: they are the same for every frame, and finding them took half of a call.
    """

    def __init__(self, suite: ExpectationSuite) -> None:
        # Without caching: GX would keep the metrics of every batch for the life of the engine.
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
        """The dependencies between the metrics of the suite."""
        graphs = [
            self._calculator.build_metric_dependency_graph([*needed.values()], _RUNTIME)
            for needed in self._needed
        ]
        return [edge for graph in graphs for edge in graph.edges]

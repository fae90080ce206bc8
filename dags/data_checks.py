"""Checks the warehouse daily, with checks generated from the declarations."""

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, TaskGroup

from dag_defaults import DAG_OPTIONS, TASK_DEFAULTS
from penstock import ledger
from penstock.datasets import all_datasets
from penstock.declare.dataset import Dataset
from penstock.marts import lineage
from penstock.marts.declared import Mart, declared
from warehouse_checks import CheckRange, CheckRow, CheckTable

_LEAST, _MOST, _DAYS = 0.1, 10.0, 5  # times the usual volume; the days of history it needs


def _freshness(dataset: Dataset) -> None:
    if dataset.expected_every:
        seconds = int(dataset.expected_every.total_seconds())
        sql = ledger.is_fresh(dataset.name, seconds)
        CheckRow(task_id="freshness", dataset=dataset.name, sql=sql)


def _volume(dataset: Dataset) -> None:
    sql = ledger.relative_volume(dataset.name, _DAYS)
    CheckRange(
        task_id="volume",
        dataset=dataset.name,
        sql=sql,
        min_threshold=_LEAST,
        max_threshold=_MOST,
    )


def _columns_and_keys(dataset: Dataset, mart: Mart) -> None:
    checks = {
        f"{'_and_'.join(key)}_stands_once": f"count(*) = count(DISTINCT ({_columns(key)}))"
        for key in mart.keys
    }
    if mart.required:  # in one check, because each reads the whole mart
        nulls = f"num_nulls({_columns(mart.required)})"
        checks["no_required_column_is_null"] = f"count(*) FILTER (WHERE {nulls} > 0) = 0"
    if checks:
        CheckTable(
            task_id=mart.name,
            dataset=dataset.name,
            mart=mart.name,
            table=f"marts.{mart.name}",
            checks={name: {"check_statement": check} for name, check in checks.items()},
        )


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _ledger(dataset: Dataset, mart: Mart) -> None:
    if mart.whole_files:
        sql = ledger.has_whole_files(dataset.name, mart.name)
        CheckRow(task_id="ledger_against_mart", dataset=dataset.name, mart=mart.name, sql=sql)


with DAG(
    "data_checks",
    description="Is what came fresh, about as much as usual, complete and without duplicates?",
    schedule="@daily",
    **DAG_OPTIONS,
    tags={"checks", "housekeeping"},
    default_args=TASK_DEFAULTS | {"execution_timeout": timedelta(minutes=30)},
    doc_md=(Path(__file__).parent / "data_checks.md").read_text(),
) as dag:
    checked: set[str] = set()
    _broken = lineage.broken()
    for _dataset in all_datasets().values():
        with TaskGroup(_dataset.name):
            _freshness(_dataset)
            _volume(_dataset)
            # `broken_datasets` reports contracts that cannot be read.
            _marts = () if _dataset.name in _broken else lineage.marts(_dataset.name)
            for _mart in map(declared, _marts):
                if _mart.name not in checked:  # several datasets can share a mart
                    checked.add(_mart.name)
                    _columns_and_keys(_dataset, _mart)
                    _ledger(_dataset, _mart)

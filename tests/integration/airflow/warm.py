"""A program that imports Airflow once and runs other programs in forks of itself.

So the scheduler runs its tasks: what it has imported, no task imports again. Each line of standard
input asks for one program, as JSON with the fields of `Program`. Each line of standard output is
the exit code of one.
"""

import json
import os
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path

from penstock import validate
from penstock.marts import build
from penstock.settings import settings
from tests.programs import run_forked


@dataclass(frozen=True)
class Program:
    """A program in `path`, its arguments and environment, and the file for all its output."""

    path: str
    arguments: list[str]
    env: dict[str, str]
    output: str

    def run(self) -> int:
        """Run it; its exit code."""
        with Path(self.output).open("ab") as output:
            return run_forked(self._main, output, output)

    def _main(self) -> None:
        os.environ.clear()
        os.environ.update(self.env)
        settings.cache_clear()
        sys.argv = [self.path, *self.arguments]
        runpy.run_path(self.path, run_name="__main__")


def main() -> None:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what importing prints is no answer
    _warm()
    for line in sys.stdin:
        print(Program(**json.loads(line)).run(), file=answers, flush=True)


def _warm() -> None:
    import airflow.api_fastapi.app
    import airflow.api_fastapi.execution_api.routes
    import airflow.dag_processing.dagbag
    import airflow.models.dagrun
    import airflow.sdk.execution_time.supervisor
    import airflow.sdk.execution_time.task_runner  # noqa: F401
    from airflow.providers.postgres.hooks import postgres  # noqa: F401

    validate.warm()
    build.warm()


if __name__ == "__main__":
    main()

"""Run dbt in this process. It is imported on first use, because that takes seconds."""

import logging
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from psycopg.conninfo import conninfo_to_dict

from penstock import datasets
from penstock.declare.outside import PROJECT
from penstock.errors import PenstockError
from penstock.marts import lineage, project
from penstock.settings import settings
from penstock.warehouse.connect import app_url

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parsed:
    """The folder of a project, and its manifest, or else why dbt cannot read it."""

    folder: Path
    manifest: "Manifest | None"
    why: str = ""


def run(
    purpose: str,
    arguments: list[str],
    *,
    scratch: bool = False,
    of: Collection[str] | None = None,
) -> list[Any]:
    """Run dbt on the project and return its results; do not call it from two threads at once.

    `purpose` names the folder below `<home>/dbt` for artifacts. `scratch` builds all models in the
    schema `scratch`, from the copy of the ledger in it. With `of`, only the models of these
    datasets must be readable. Without it, broken models are left out, and an error is logged.

    Raises:
        PenstockError: dbt failed; the message names each failed resource with its error.
    """
    from dbt.cli.main import dbtRunner

    with _environment(scratch):
        parsed = _readable(of, scratch)
        runner = dbtRunner(manifest=parsed.manifest, callbacks=[_log])
        outcome = runner.invoke([*arguments, *_flags(purpose, parsed.folder)])
    results = list(getattr(outcome.result, "results", []))
    if not outcome.success:
        raise PenstockError(
            f"dbt {arguments[0]} failed:\n" + _errors_of(results, outcome.exception)
        )
    return results


def _log(event: Any) -> None:
    """Log messages of macros, such as the session that they wait for."""
    if event.info.name == "JinjaLogInfo":
        log.info("%s", event.info.msg)


def manifest() -> "Manifest":
    """The parsed project, cached until its text or the database changes.

    Raises:
        PenstockError: dbt cannot read the project.
    """
    parsed = _parsed(None, scratch=False)
    if parsed.manifest is None:
        raise PenstockError(f"dbt cannot read {parsed.folder}:\n{parsed.why}")
    return parsed.manifest


def warm() -> None:
    """Parse the project and compile its macros ahead of the first run."""
    parsed = _parsed(None, scratch=False).manifest
    from dbt_common.clients.jinja import template_cache

    for macro in parsed.macros.values() if parsed else ():
        template_cache.get_node_template(macro)


def _readable(of: Collection[str] | None, scratch: bool) -> Parsed:
    """The project; if dbt cannot read it, the part of it that dbt can read.

    Raises:
        PenstockError: dbt cannot read the models of the datasets `of`.
    """
    whole = _parsed(None, scratch)
    if whole.manifest is not None:
        return whole
    if of is None:
        of = [name for name in datasets.all_datasets() if _is_readable(name, scratch)]
    parsed = _parsed(of, scratch)
    if parsed.manifest is None:
        raise PenstockError(f"dbt cannot read the models of {', '.join(of)}:\n{parsed.why}")
    named = ", ".join(of)
    log.warning("dbt reads the models of %s alone, for others are broken: %s", named, whole.why)
    return parsed


def _is_readable(dataset: str, scratch: bool) -> bool:
    parsed = _parsed(lineage.built_with(dataset), scratch)
    if parsed.manifest is None:
        log.error("the models of %s are left out: dbt cannot read them: %s", dataset, parsed.why)
    return parsed.manifest is not None


def _parsed(only: Collection[str] | None, scratch: bool) -> Parsed:
    named = None if only is None else frozenset(only)
    return _parse(_fingerprint(), app_url(), scratch, named)


def _skip_search_for_flags() -> None:
    """Skip dbt's search through the stack for the source of each behaviour flag.

    No message of ours shows that source. The search runs on every start of dbt, and takes longer
    the more modules a process has imported.
    """
    from dbt_common.behavior_flags import BehaviorFlagRendered

    BehaviorFlagRendered._default_source = staticmethod(  # type: ignore[method-assign]
        lambda: "dbt"
    )


def work_folder(purpose: str) -> Path:
    """The folder for the artifacts and logs of a run for `purpose`."""
    return settings().home / "dbt" / purpose


@lru_cache(maxsize=4)
def _parse(_changes: float, _database: str, scratch: bool, only: frozenset[str] | None) -> Parsed:
    # Import these here, before a fork: otherwise each fork imports them again.
    import dbt.adapters.postgres
    import dbt.task.build  # noqa: F401
    from dbt.cli.main import dbtRunner

    _skip_search_for_flags()
    folder = project.folder(only)
    purpose = "parse_scratch" if scratch else "parse"
    if only is not None:
        purpose = f"{purpose}_{folder.name}"
    with _environment(scratch):
        outcome = dbtRunner().invoke(["parse", *_flags(purpose, folder)])
    if not outcome.success:
        return Parsed(folder, None, str(outcome.exception))
    return Parsed(folder, cast("Manifest", outcome.result))  # `parse` returns the manifest


def _fingerprint() -> float:
    """A number that changes with the files of the project."""
    places = [PROJECT, *datasets.folders()]
    every = (path for place in places for path in place.rglob("*"))
    files = [path for path in every if path.suffix in {".sql", ".yml", ".md"}]
    return len(files) + sum(path.stat().st_mtime for path in files)


def _flags(purpose: str, folder: Path) -> list[str]:
    target = work_folder(purpose)
    return [
        *("--project-dir", str(folder), "--profiles-dir", str(folder)),
        *("--target-path", str(target), "--log-path", str(target / "logs")),
        *("--log-level", "none", "--log-level-file", "info", "--no-version-check"),
        "--no-send-anonymous-usage-stats",
        # dbt's static parser has threads, so it hangs in a fork of a process that has used it.
        "--no-static-parser",
    ]


@contextmanager
def _environment(scratch: bool) -> Iterator[None]:
    """Set the environment variables of the project while dbt runs."""
    given = conninfo_to_dict(app_url())
    names = ("host", "port", "user", "password", "dbname", "sslmode")
    ours = {f"PENSTOCK_DBT_{n.upper()}": str(given[n]) for n in names if given.get(n)}
    if scratch:
        ours["PENSTOCK_DBT_SCRATCH"] = "scratch"
    before = {name: os.environ[name] for name in ours if name in os.environ}
    os.environ |= ours
    try:
        yield
    finally:
        for name in ours.keys() - before.keys():
            del os.environ[name]
        os.environ |= before


def _errors_of(results: list[Any], exception: BaseException | None) -> str:
    failed = [r for r in results if r.status in {"error", "fail", "runtime error"}]
    lines = [f"  {r.node.resource_type} {r.node.name}: {_text(r.message)}" for r in failed]
    return "\n".join(lines) or f"  {exception}"


def _text(message: str | None) -> str:
    """dbt's message in one line, without the path of the compiled code."""
    lines = [line.strip() for line in (message or "").splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("compiled code at"))

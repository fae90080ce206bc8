"""dbt, run in this process on the models of the project; imported on use, for it takes seconds."""

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
    """A project as dbt parsed it, and what it is without; or why it cannot be read."""

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
    """Run dbt on the project and return its results; not from two threads at once.

    `purpose` names the folder below `<home>/dbt` for what it writes. `scratch` makes all models in
    the schema `scratch`, of the copy of the ledger that is there. `of` are the datasets that it is
    about: then models of others may be broken. Without it, those are left out, and told.

    Raises:
        PenstockError: something failed; the message has the name of each and why.
    """
    from dbt.cli.main import dbtRunner

    with _environment(scratch):
        parsed = _sound(of, scratch)
        runner = dbtRunner(manifest=parsed.manifest, callbacks=[_log])
        outcome = runner.invoke([*arguments, *_flags(purpose, parsed.folder)])
    results = list(getattr(outcome.result, "results", []))
    if not outcome.success:
        raise PenstockError(f"dbt {arguments[0]} failed:\n" + _why(results, outcome.exception))
    return results


def _log(event: Any) -> None:
    """Log what a macro tells a person, such as whom it waits for."""
    if event.info.name == "JinjaLogInfo":
        log.info("%s", event.info.msg)


def manifest() -> "Manifest":
    """The project as dbt parsed it: once a process, again when its text or the database changed.

    Raises:
        PenstockError: it cannot be read.
    """
    parsed = _parsed(None, scratch=False)
    if parsed.manifest is None:
        raise PenstockError(f"dbt cannot read {parsed.folder}:\n{parsed.why}")
    return parsed.manifest


def warm() -> None:
    """Parse the project and compile its macros, which a process does when it first runs them."""
    parsed = _parsed(None, scratch=False).manifest
    from dbt_common.clients.jinja import template_cache

    for macro in parsed.macros.values() if parsed else ():
        template_cache.get_node_template(macro)


def _sound(of: Collection[str] | None, scratch: bool) -> Parsed:
    """The project, or if it cannot be read what can be of it.

    Raises:
        PenstockError: the models of the datasets `of` cannot be read.
    """
    whole = _parsed(None, scratch)
    if whole.manifest is not None:
        return whole
    if of is None:
        of = [name for name in datasets.all_datasets() if _can_be_read(name, scratch)]
    parsed = _parsed(of, scratch)
    if parsed.manifest is None:
        raise PenstockError(f"dbt cannot read the models of {', '.join(of)}:\n{parsed.why}")
    named = ", ".join(of)
    log.warning("dbt reads the models of %s alone, for others are broken: %s", named, whole.why)
    return parsed


def _can_be_read(dataset: str, scratch: bool) -> bool:
    parsed = _parsed(lineage.built_with(dataset), scratch)
    if parsed.manifest is None:
        log.error("the models of %s are left out: dbt cannot read them: %s", dataset, parsed.why)
    return parsed.manifest is not None


def _parsed(only: Collection[str] | None, scratch: bool) -> Parsed:
    named = None if only is None else frozenset(only)
    return _parse(_fingerprint(), app_url(), scratch, named)


def _name_flags_without_looking() -> None:
    """Spare a search through the stack for each behaviour flag, which no message of ours shows.

    dbt does it anew in every run, and it costs the more the more modules a process has.
    """
    from dbt_common.behavior_flags import BehaviorFlagRendered

    BehaviorFlagRendered._default_source = staticmethod(  # type: ignore[method-assign]
        lambda: "dbt"
    )


def work_folder(purpose: str) -> Path:
    """Where a run for `purpose` leaves its artifacts and logs."""
    return settings().home / "dbt" / purpose


@lru_cache(maxsize=4)
def _parse(_changes: float, _database: str, scratch: bool, only: frozenset[str] | None) -> Parsed:
    # dbt would import these when it needs them: in every fork anew.
    import dbt.adapters.postgres
    import dbt.task.build  # noqa: F401
    from dbt.cli.main import dbtRunner

    _name_flags_without_looking()
    folder = project.folder(only)
    purpose = "parse_scratch" if scratch else "parse"
    if only is not None:
        purpose = f"{purpose}_{folder.name}"
    with _environment(scratch):
        outcome = dbtRunner().invoke(["parse", *_flags(purpose, folder)])
    if not outcome.success:
        return Parsed(folder, None, str(outcome.exception))
    return Parsed(folder, cast("Manifest", outcome.result))  # as `parse` alone gives


def _fingerprint() -> float:
    """Changes when a file of the project does."""
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
        # dbt's static parser has threads, so it hangs in the fork of a process that has used it.
        "--no-static-parser",
    ]


@contextmanager
def _environment(scratch: bool) -> Iterator[None]:
    """What the project reads, for as long as dbt runs."""
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


def _why(results: list[Any], exception: BaseException | None) -> str:
    failed = [r for r in results if r.status in {"error", "fail", "runtime error"}]
    told = [f"  {r.node.resource_type} {r.node.name}: {_text(r.message)}" for r in failed]
    return "\n".join(told) or f"  {exception}"


def _text(message: str | None) -> str:
    """dbt's message in one line, without the path of the compiled code."""
    lines = [line.strip() for line in (message or "").splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("compiled code at"))

"""The dbt project that is parsed: ours with the models of datasets outside, all or some of them.

dbt reads a project as a whole, and a file that it cannot read stops it. So where one is broken, the
models of the others are parsed without it: from a folder of links.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from penstock import datasets
from penstock.declare.outside import PROJECT
from penstock.settings import settings

_REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")


def models() -> list[Path]:
    """The SQL of every model, of our project and of the datasets outside."""
    return [path for place in (PROJECT, *datasets.folders()) for path in _models(place)]


def is_mart(sql: Path) -> bool:
    """Whether a model is a mart, by the folder of models in which it stands."""
    below = sql.parts[len(sql.parts) - sql.parts[::-1].index("models") :]
    return "marts" in below


def made_of(staging: Collection[str]) -> set[Path]:
    """The models of these names, and all that is downstream of them.

    Read from the text of the models, for importing dbt is too slow for a DAG file.
    """
    every = {path: refs(path) for path in models()}
    found = {path for path in every if path.stem in staging}
    while (
        more := {path for path, above in every.items() if above & {each.stem for each in found}}
        - found
    ):
        found |= more
    return found


def refs(path: Path) -> set[str]:
    """The models that a file of the project refers to."""
    return set(_REF.findall(path.read_text(encoding="utf-8", errors="replace")))


def folder(only: Collection[str] | None = None) -> Path:
    """The project; with `only`, without what is made of other datasets than these."""
    if only is None and not datasets.folders():
        return PROJECT
    links = dict(_all_files())
    if only is not None:
        links = _without(links, only)
    return _linked(links)


def _models(place: Path) -> Iterator[Path]:
    return (place / "models").rglob("*.sql")


def _all_files() -> Iterator[tuple[str, Path]]:
    """Every file, by its path in the project."""
    for place, below in [(PROJECT, ""), *((f, "models/") for f in datasets.folders())]:
        start = place / below
        for path in sorted(start.rglob("*")):
            if path.is_file() and path.relative_to(start).parts[0] not in ("target", "logs"):
                yield below + path.relative_to(start).as_posix(), path


def _without(links: dict[str, Path], only: Collection[str]) -> dict[str, Path]:
    """The files that stand without what is made of other datasets than `only`."""
    gone = set(models()) - _connected({f"stg_{name}" for name in only})
    names = {path.stem for path in gone}
    beside = {path.with_suffix(suffix) for path in gone for suffix in (".sql", ".yml")}
    return {
        link: path
        for link, path in links.items()
        # Macros refer to models only once they are called.
        if path not in beside and (link.startswith("macros/") or not refs(path) & names)
    }


def _connected(names: set[str]) -> set[Path]:
    """The models of these names, all that they refer to, and all that refers to those."""
    every = {path: refs(path) | {path.stem} for path in models()}
    while more := {n for found in every.values() if found & names for n in found} - names:
        names = names | more
    return {path for path in every if path.stem in names}


def _linked(links: dict[str, Path]) -> Path:
    """A folder with these links; it is named by them, and never changes."""
    described = "\n".join(f"{link} {path}" for link, path in sorted(links.items()))
    digest = hashlib.sha256(described.encode()).hexdigest()[:16]
    target = settings().home / "dbt" / "projects" / digest
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix="."))
    for link, path in links.items():
        (draft / link).parent.mkdir(parents=True, exist_ok=True)
        (draft / link).symlink_to(path)
    with suppress(OSError):  # another process was first
        draft.rename(target)
    shutil.rmtree(draft, ignore_errors=True)
    return target

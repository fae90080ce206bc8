"""The dbt project: our own, plus the models of all or some of the datasets outside.

One unreadable file makes dbt reject the whole project. If the models of a dataset are broken, the
others are parsed without them, from a folder of symbolic links.
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
    """The SQL files of all models, in our project and in the datasets outside."""
    return [path for place in (PROJECT, *datasets.folders()) for path in _models(place)]


def is_mart(sql: Path) -> bool:
    """Whether a model is a mart, judged by its folder."""
    below = sql.parts[len(sql.parts) - sql.parts[::-1].index("models") :]
    return "marts" in below


def made_of(staging: Collection[str]) -> set[Path]:
    """The models with these names, and all models downstream of them.

    Read from the text of the models, because importing dbt is too slow for a DAG file.
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
    """The names of the models that a file refers to."""
    return set(_REF.findall(path.read_text(encoding="utf-8", errors="replace")))


def folder(only: Collection[str] | None = None) -> Path:
    """The folder of the project; with `only`, of the models of these datasets."""
    if only is None and not datasets.folders():
        return PROJECT
    links = dict(_all_files())
    if only is not None:
        links = _without(links, only)
    return _linked(links)


def _models(place: Path) -> Iterator[Path]:
    return (place / "models").rglob("*.sql")


def _all_files() -> Iterator[tuple[str, Path]]:
    """Every file with its path in the project."""
    for place, below in [(PROJECT, ""), *((f, "models/") for f in datasets.folders())]:
        start = place / below
        for path in sorted(start.rglob("*")):
            if path.is_file() and path.relative_to(start).parts[0] not in ("target", "logs"):
                yield below + path.relative_to(start).as_posix(), path


def _without(links: dict[str, Path], only: Collection[str]) -> dict[str, Path]:
    """The files of the project without those that depend on datasets other than `only`."""
    gone = set(models()) - _connected({f"stg_{name}" for name in only})
    names = {path.stem for path in gone}
    beside = {path.with_suffix(suffix) for path in gone for suffix in (".sql", ".yml")}
    return {
        link: path
        for link, path in links.items()
        # A macro may refer to a missing model: that only fails if the macro is called.
        if path not in beside and (link.startswith("macros/") or not refs(path) & names)
    }


def _connected(names: set[str]) -> set[Path]:
    """The models with these names, and all models connected to them by references."""
    every = {path: refs(path) | {path.stem} for path in models()}
    while more := {n for found in every.values() if found & names for n in found} - names:
        names = names | more
    return {path for path in every if path.stem in names}


def _linked(links: dict[str, Path]) -> Path:
    """A folder with these links; its name is their hash, and it never changes."""
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

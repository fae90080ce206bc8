"""The page of modules, from the first sentence of each module's docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.reference.markdown import code, page, table

PACKAGE = Path(__file__).parents[2] / "include" / "penstock"
INTRODUCTION = """
Every module of the library, with the first sentence of its docstring.
[Architecture](../architecture.md) shows the way of a file through them.
"""


def modules_page() -> str:
    """Every package with its modules."""
    packages = sorted(place.parent for place in PACKAGE.rglob("__init__.py"))
    return page("Modules", INTRODUCTION, *(line for place in packages for line in _package(place)))


def _package(folder: Path) -> Iterator[str]:
    yield f"## `{'.'.join(folder.relative_to(PACKAGE.parent).parts)}`\n"
    yield f"{_sentence(folder / '__init__.py')}\n"
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    yield table(("Module", "Purpose"), ((code(path.name), _sentence(path)) for path in modules))


def _sentence(module: Path) -> str:
    """The first sentence, or paragraph, of a module's docstring."""
    text = ast.get_docstring(ast.parse(module.read_text())) or ""
    return " ".join(text.partition("\n\n")[0].split())

"""The page of commands, from the command line itself."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, get_args

import typer.main
from tools.reference.markdown import code, page, table

from penstock.cli.app import app

INTRODUCTION = f"""
These are the commands of Penstock {version("penstock")}; `penstock --version` shows yours. They
use the same library as Airflow's tasks, and need no Airflow. `penstock COMMAND --help` shows the
same text.

Exit codes: 0, done. 1, not done, or a file was rejected, or a person has to act. 2, the command was
used wrongly. Use `--json` in scripts.
"""


def commands_page() -> str:
    """Every command with its arguments and options."""
    root = typer.main.get_command(app)
    return page("Commands", INTRODUCTION, *_sections(root, "penstock"))


def _sections(command: Any, name: str) -> Iterator[str]:
    if nested := getattr(command, "commands", None):
        for child, found in sorted(nested.items()):
            yield from _sections(found, f"{name} {child}")
        return
    yield f"## `{name}`\n"
    yield f"```\n{' '.join((name, *map(_usage, command.params)))}\n```\n"
    yield f"{command.help.strip()}\n"
    yield table(("Argument or option", "Default", "Meaning"), map(_row, command.params))


def _usage(parameter: Any) -> str:
    if _is_option(parameter):
        used = (
            parameter.opts[0] if parameter.is_flag else f"{parameter.opts[0]} {_value(parameter)}"
        )
    else:
        used = parameter.metavar or f"{parameter.name.upper()}{'...' * (parameter.nargs == -1)}"
    return used if parameter.required else f"[{used.strip('[]') if used == '[]' else used}]"


def _row(parameter: Any) -> tuple[str, str, str]:
    name = "/".join([*parameter.opts, *parameter.secondary_opts])
    shown = name if _is_option(parameter) else parameter.metavar or name.upper()
    is_set = not getattr(parameter, "is_flag", False) and parameter.default not in (None, ())
    return code(shown), code(parameter.default) if is_set else "", parameter.help or ""


def _is_option(parameter: Any) -> bool:
    return bool(parameter.opts[0].startswith("-"))


def _value(option: Any) -> str:
    """What an option takes: one of several words, or any value."""
    arguments = get_args(option.type_descriptor.annotation)  # of Literal, or of list[Path]
    choices = [each for each in arguments if isinstance(each, str)]
    return "|".join(choices) if choices else option.name.upper()

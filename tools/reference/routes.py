"""The page of the API's routes, from its OpenAPI document."""

from collections.abc import Iterator
from typing import Any

from tools.reference.markdown import code, page, table

from penstock.api.app import create_app

INTRODUCTION = """
`penstock serve` answers these routes on port 8090, and Airflow's API server answers them below
`/penstock`. The scope is what a key must have; see [Use the API](../how-to/use-the-api.md) for
keys, errors, pages and uploads. `GET /openapi.json`, with the scope `read`, is the whole
description for programs: every parameter and every answer.
"""
_OWN_ERRORS = ("404", "409", "507")


def routes_page() -> str:
    """Every route with its scope, parameters and answer."""
    document = create_app().openapi()
    found = [
        (operation["tags"][0], f"{method.upper()} {path}", operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    subjects = dict.fromkeys(tag for tag, _, _ in found)
    sections = [
        line
        for subject in subjects
        for line in _subject(subject, [f for f in found if f[0] == subject])
    ]
    return page("API routes", INTRODUCTION, *sections)


def _subject(subject: str, found: list[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    yield f"## {subject.capitalize()}\n"
    for _, route, operation in found:
        yield f"### `{route}`\n"
        yield f"{operation['description'].strip()}\n"
        yield f"{_access(operation)} {_answer(operation)}\n"
        yield table(
            ("Parameter", "In", "Default", "Meaning"), map(_row, operation.get("parameters", ()))
        )


def _access(operation: dict[str, Any]) -> str:
    scopes = [
        scope for needed in operation.get("security", ()) for s in needed.values() for scope in s
    ]
    return f"Scope: {', '.join(map(code, scopes))}." if scopes else "Needs no key."


def _answer(operation: dict[str, Any]) -> str:
    """The statuses of this route, without the errors that all routes have in common."""
    statuses = sorted(map(str, operation["responses"]))
    own = [status for status in statuses if status < "400" or status in _OWN_ERRORS]
    return f"Answers: {', '.join(own)}."


def _row(parameter: dict[str, Any]) -> tuple[str, str, str, str]:
    schema = parameter["schema"]
    name = code(parameter["name"]) + " (required)" * (
        parameter["required"] and parameter["in"] != "path"
    )
    return name, parameter["in"], code(schema.get("default")), parameter.get("description", "")

"""The page of one file: what happened to it, and what a person can do."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query, Request
from psycopg import Connection
from starlette.responses import Response

from penstock import ledger
from penstock.api.errors import not_found
from penstock.api.routers.files import FileId
from penstock.api.services import Provided, Services
from penstock.marts import lineage
from penstock.site import strips
from penstock.site.rendering import is_partial, render, url
from penstock.site.routing import pages
from penstock.site.states import is_final
from penstock.stations import actions

router = pages()

_BLOCKS = 50
_REFUSED = 5
_COUNTED_AT_ONCE = 100_000  # rows of a file; to count more in the mart takes longer
_TASKS = {"plan": "plan", "load": "load/mapped", "seal": "seal", "build": "build"}

AfterBlock = Annotated[int, Query(ge=-1, lt=2**31, description="The last block seen.")]
ActionId = Annotated[int | None, Query(ge=1, lt=2**63, description="The action to wait for.")]


@router.get("/files/{file_id}")
async def one_file(
    request: Request,
    services: Provided,
    file_id: FileId,
    after: AfterBlock = -1,
    action: ActionId = None,
) -> Response:
    """Show a file.

    htmx asks for `progress` until the marts show what became of it, and for the `in-the-mart` of a
    large file, whose rows take long to count.
    """
    target = request.headers.get("hx-target") if is_partial(request) else None
    if target == "progress":
        return await progress_of(request, services, file_id, action)
    if target == "in-the-mart":
        counted = await services.database.ask(_in_the_mart, file_id)
        return render(request, "file.html", file=counted)
    known = await services.database.ask(_everything, file_id, after)
    return render(
        request,
        "file.html",
        **known,
        marts=lineage.marts(known["file"]["dataset"]),
        action_id=known["open_actions"][0].action_id if known["open_actions"] else None,
        mart=lineage.mart_of_rows(known["file"]["dataset"])[0],
        bar=_bar(known["steps"]),
        airflow=_airflow(request, known["file"]),
    )


async def progress_of(
    request: Request, services: Services, file_id: int, action_id: int | None
) -> Response:
    """Return the progress of a file; once it is complete, let the browser load what came of it.

    `action_id` is the action whose result to load, if it gave another file.
    """
    known = await services.database.ask(_progress, file_id)
    answer = render(request, "file.html", **known, action_id=action_id)
    if known["moving"]:
        return answer
    asked = next((one for one in known["actions"] if one.action_id == action_id), None)
    if asked and asked.result_file_id not in (None, file_id):
        answer.headers["HX-Redirect"] = url(request, f"/files/{asked.result_file_id}")
    else:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(connection: Connection, file_id: int) -> dict[str, Any]:
    """Return the file, its actions, and how far it is loaded.

    Raises:
        ApiError: 404, there is no such file.
    """
    file = ledger.find(connection, file_id)
    if file is None:
        raise not_found(f"file {file_id}")
    asked = ledger.actions_of(connection, file_id)
    open_now = [one for one in asked if one.is_open]
    return {
        "file": file,
        "actions": asked,
        "open_actions": open_now,
        "blocks": ledger.block_summary(connection, file_id),
        "moving": bool(open_now) or not is_final(file),
    }


def _everything(connection: Connection, file_id: int, after: int) -> dict[str, Any]:
    known = _progress(connection, file_id)
    file = known["file"]
    if (file["rows_good"] or 0) <= _COUNTED_AT_ONCE:
        (file,) = ledger.with_rows(connection, [file])
    blocks = ledger.page_of_blocks(connection, file_id, after, _BLOCKS + 1)
    refused = ledger.list_quarantine(connection, None, file_id, _REFUSED)
    checks = ledger.explained_checks(connection, file_id)
    return known | {
        "file": file,
        "why_not": actions.why_not(connection, file),
        "steps": ledger.timeline(connection, file_id),
        "versions": ledger.versions_of_path(connection, file_id),
        "page_of_blocks": blocks[:_BLOCKS],
        "next_block": blocks[_BLOCKS - 1]["block_no"] if len(blocks) > _BLOCKS else None,
        "checks": sorted(checks, key=lambda check: check.result.unexpected == 0),
        "refused": refused,
        "mends": ledger.mends(connection, file_id),
        "mended_by": ledger.mended_by(connection, file_id),
        "incidents": [
            one
            for one in ledger.open_incidents(connection, file["dataset"])
            if one["file_id"] == file_id
        ],
    }


def _in_the_mart(connection: Connection, file_id: int) -> dict[str, Any]:
    """Return the file with what became of its rows.

    Raises:
        ApiError: 404, there is no such file.
    """
    file = ledger.find(connection, file_id)
    if file is None:
        raise not_found(f"file {file_id}")
    return ledger.with_rows(connection, [file])[0]


def _bar(steps: Sequence[ledger.Step]) -> str:
    """Draw the time between the steps of a file; nothing for a file that only arrived."""
    parts = [
        strips.Stage(f"until {step.name}", step.seconds)
        for step in steps
        if step.seconds is not None
    ]
    return strips.stages("The time between the steps", parts) if parts else ""


def _airflow(request: Request, file: dict[str, Any]) -> dict[str, str]:
    """Return the addresses of the run and of its task logs by name, where Airflow is around us."""
    run = file["dag_run_id"]
    if request.app.state.services.host is None or run is None:
        return {}
    root = request.scope["root_path"].removesuffix("/penstock")
    address = f"{root}/dags/ingest_{file['dataset']}/runs/{quote(run, safe='')}"
    logs = {f"log of {name}": f"{address}/tasks/{task}" for name, task in _TASKS.items()}
    return {"run": address} | logs

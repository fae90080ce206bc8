"""Route that loads waiting files now. With Airflow, they load anyway."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, Field

from penstock import datasets
from penstock.api.auth import needs
from penstock.api.errors import ApiError, responses
from penstock.api.keys import Scope
from penstock.api.routing import Router
from penstock.api.services import Provided
from penstock.errors import PenstockError
from penstock.settings import settings

router = Router(tags=["loads"], dependencies=[needs(Scope.UPLOAD)])


class Load(BaseModel):
    """An accepted load; `GET /files` shows what becomes of each file."""

    dataset: str = Field(examples=["events"])
    state: Literal["started", "left to Airflow"] = "started"


@router.post("/loads/{dataset}", status_code=202, responses=responses(404))
async def start_load(
    services: Provided, dataset: Annotated[str, Path(examples=["events"])]
) -> Load:
    """Load the files that wait, and build the marts. Simultaneous requests start one load."""
    try:
        name = datasets.get(dataset).name
    except PenstockError as error:
        raise ApiError(404, str(error)) from None
    services.loads.start(name)
    here = settings().api_loads == "here"
    return Load(dataset=name, state="started" if here else "left to Airflow")

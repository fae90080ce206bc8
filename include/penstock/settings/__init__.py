"""Defines every setting of Penstock. docs/reference/settings.md is generated from it."""

import os
import re
from collections.abc import Mapping
from functools import cache, cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    AliasChoices,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from penstock.errors import BadSetting
from penstock.settings import postgres_url

KIB = 1024
MIB = 1024 * KIB
WAREHOUSE_POOL = "warehouse"
"""The Airflow pool of tasks that write to the warehouse."""
_WAREHOUSE = ("PENSTOCK_WAREHOUSE_URL", "AIRFLOW_CONN_WAREHOUSE")

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """Read from the environment, each name with the prefix `PENSTOCK_`."""

    model_config = SettingsConfigDict(env_prefix="PENSTOCK_", frozen=True, env_ignore_empty=True)

    home: Path = Field(
        Path(".penstock"),
        description="Where all state lives: landing zone, Postgres, Airflow home, secrets.",
    )
    group: str | None = Field(
        None,
        description="A group of this machine that may write to `landing` and read `exports`; "
        "without it, only the user who runs Penstock can enter the home.",
    )
    datasets: str | None = Field(
        None,
        description="Folders, separated by `:`, of datasets that are declared outside the package; "
        "`penstock new dataset` writes into the first.",
    )
    landing_url: str | None = Field(
        None, description="The folder where files land. Default: `<home>/landing`."
    )
    warehouse_url: str | None = Field(
        None,
        # Airflow's variable that defines the connection `warehouse` for all its processes.
        validation_alias=AliasChoices(*_WAREHOUSE),
        description="An external Postgres >= 15. Default: the embedded one in `<home>`.",
    )
    reader_url: str | None = Field(
        None,
        description="The address of an external Postgres that `penstock url --role reader` prints "
        "for people: a login that has only the role `penstock_reader`.",
    )
    web_port: PositiveInt = Field(8080, description="Port of Airflow's web UI.")
    bind: str = Field("127.0.0.1", description="Address the web UI listens on.")
    engine: Literal["pool", "in_process"] = Field(
        "pool", description="Where blocks load: in a pool of processes, or in this process."
    )
    workers: PositiveInt = Field(2, description="Processes of the pool.")
    block_bytes: PositiveInt = Field(
        16 * MIB, description="Bytes of one block, the unit of a transaction."
    )
    part_bytes: PositiveInt = Field(
        2048 * MIB, description="The most bytes that one mapped Airflow task loads."
    )
    max_record_bytes: PositiveInt = Field(
        16 * MIB, description="A file with a longer record is rejected."
    )
    max_file_bytes: PositiveInt = Field(
        1024 * 1024 * MIB, description="A larger file is rejected, also when it is larger unpacked."
    )
    max_unpack_ratio: PositiveInt = Field(
        250,
        description="A file that unpacks to more than this many times its size, and to more than "
        "64 MiB, is rejected.",
    )
    max_columns: PositiveInt = Field(
        2000, description="A file with more columns in its header is rejected."
    )
    settle_seconds: PositiveFloat = Field(
        2.0, description="A file is loaded once its size and time have not changed for this long."
    )
    settle_unknown_seconds: PositiveFloat = Field(
        30.0,
        description="The same for a file when it is unknown whether a process writes to it.",
    )
    poll_seconds: PositiveFloat = Field(
        1.0, description="How often the trigger polls the landing zone."
    )
    api_bind: str = Field("127.0.0.1", description="Address `penstock serve` listens on.")
    api_port: PositiveInt = Field(8090, description="Port of `penstock serve`.")
    api_workers: PositiveInt = Field(2, description="Processes of `penstock serve`.")
    api_open: str | None = Field(
        None,
        pattern=r"^(read|upload|vote|metrics|process)(,(read|upload|vote|metrics|process))*$",
        description="Scopes of the API and the pages that need no key, such as `read,vote`.",
    )
    api_loads: Literal["here", "airflow"] = Field(
        "here",
        description="What loads after `POST /loads` and does actions on files: `here`, a process "
        "beside the API; or `airflow`, which detects both itself, so the API's login needs only "
        "to read and to ask for actions.",
    )
    api_pool: PositiveInt = Field(
        8, description="The most connections to the warehouse of one process of the API."
    )
    api_query_seconds: PositiveFloat = Field(
        10.0, description="A query of the API that takes longer is stopped."
    )
    api_request_seconds: PositiveFloat = Field(
        30.0, description="A request that takes longer, or an upload that stalls longer, is ended."
    )
    api_body_bytes: PositiveInt = Field(
        MIB, description="A larger request body is refused; uploads may be larger."
    )
    api_header_bytes: PositiveInt = Field(
        64 * KIB, description="A request to `penstock serve` with larger headers is refused."
    )
    api_header_seconds: PositiveFloat = Field(
        10.0, description="A connection that has not sent the headers of a request is closed."
    )
    api_connections: PositiveInt = Field(
        1000, description="The most connections of one process of `penstock serve`."
    )
    api_connections_per_address: PositiveInt = Field(
        250,
        description="The most connections from one address; behind a proxy, concurrent requests.",
    )
    api_proxies: str | None = Field(
        None,
        description="Proxies whose `X-Forwarded-For` is trusted, such as `10.0.0.7,10.1.0.0/16`.",
    )
    pages_secret: str | None = Field(
        None,
        min_length=32,
        repr=False,
        description="Signs the logins of the pages; hosts that serve one site need the same. "
        "Default: random, kept in `<home>/secrets`.",
    )
    api_kiosk_id: int = Field(
        0, ge=0, lt=2**31, description="The kiosk of votes without a kiosk; `--kiosk-id` sets it."
    )
    vote_seal_seconds: PositiveFloat = Field(
        5.0, description="How long votes wait in the spool before they land as a file."
    )

    @field_validator("api_proxies")
    @classmethod
    def _networks(cls, text: str | None) -> str | None:
        _networks(text)
        return text

    @cached_property
    def proxies(self) -> tuple[Network, ...]:
        """Return the networks of `api_proxies`."""
        return _networks(self.api_proxies)

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        try:
            return home.expanduser().absolute()
        except RuntimeError:
            raise ValueError("expected a folder; there is no such user") from None

    @field_validator("datasets")
    @classmethod
    def _absolute_each(cls, places: str | None) -> str | None:
        found = [
            Path(place).expanduser().absolute() for place in (places or "").split(":") if place
        ]
        return ":".join(map(str, found)) or None

    @field_validator("warehouse_url", "reader_url")
    @classmethod
    def _libpq(cls, url: str | None) -> str | None:
        return url and postgres_url.libpq(url)


def _networks(text: str | None) -> tuple[Network, ...]:
    return tuple(ip_network(name.strip()) for name in text.split(",")) if text else ()


@cache
def settings() -> Settings:
    """Return the settings of this process, read once.

    Raises:
        BadSetting: settings are invalid; the message names each.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise BadSetting("\n".join(map(_line, error.errors(include_url=False)))) from None


def _line(error: Mapping[str, Any]) -> str:
    """Describe an invalid setting. An address is not shown, because it may contain a password."""
    name = str(error["loc"][0])
    name = name if name.isupper() else f"PENSTOCK_{name.upper()}"
    if name == _WAREHOUSE[0] and not os.environ.get(name):  # pydantic names the first alias
        name = _WAREHOUSE[1]
    is_secret = name.endswith(("_URL", "_SECRET")) or name.startswith("AIRFLOW_CONN_")
    value = "" if is_secret else f"={str(error['input'])[:80]}"
    expected = error["msg"].removeprefix("Value error, ").partition(", unable to parse")[0]
    expected = re.sub(r"^(Input|String) should (be )?", "expected: ", expected)
    return f"{name}{value}: {expected}"

"""What happens during a run, for who shows it. Light to import."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.stations.batch import LoadReport
    from penstock.stations.plan import Part


@dataclass(frozen=True)
class Planning:
    """The plan of `dataset` begins."""

    dataset: str


@dataclass(frozen=True)
class Scanned:
    """The plan of `dataset` has scanned `done` of `files` files."""

    dataset: str
    done: int
    files: int


@dataclass(frozen=True)
class Planned:
    """The plan of `dataset` found `parts` to load."""

    dataset: str
    parts: "Sequence[Part]"


@dataclass(frozen=True)
class Loading:
    """Of part number `number` (from 1), `done` is loaded: nothing at first."""

    dataset: str
    number: int
    part: "Part"
    done: "LoadReport"


@dataclass(frozen=True)
class Sealing:
    """The seal of `dataset` begins: all its parts are loaded."""

    dataset: str


@dataclass(frozen=True)
class Building:
    """The build of the marts of `datasets` begins: all are sealed."""

    datasets: Sequence[str]


Event = Planning | Scanned | Planned | Loading | Sealing | Building
OnEvent = Callable[[Event], None]


def ignore(_: Event) -> None:
    """For callers that show nothing."""

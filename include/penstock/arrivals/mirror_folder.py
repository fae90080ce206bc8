"""Identify the folder of a mirror by a hidden file with an identity that is also in the warehouse.

Only the first set-up writes that file. A folder without it was deleted or replaced, or is not
mounted. To treat it as the mirror would retract the rows of all files that it lacks.
"""

import uuid
from pathlib import Path

from psycopg import Connection

from penstock import datasets, ledger
from penstock.declare.dataset import Dataset
from penstock.errors import HostFault, PenstockError
from penstock.files import landing
from penstock.files.landing import MIRROR_MARKER
from penstock.warehouse.connect import connect


def set_up_all() -> list[str]:
    """Create all landing folders and set up mirrors; returns a message for each that failed."""
    lost = []
    for dataset in {each.folder: each for each in datasets.all_datasets().values()}.values():
        try:
            if dataset.mirror:
                set_up(dataset)
            else:
                landing.folder(dataset)
        except PenstockError as error:
            lost.append(str(error))
    return lost


def set_up(dataset: Dataset) -> None:
    """Create and mark the folder of a mirror once; after that only `check` it.

    Raises:
        HostFault: the folder is missing, or cannot be read.
    """
    with connect("loader", autocommit=True) as connection:
        if check(connection, dataset):
            return
        place = landing.root() / dataset.folder
        landing.make(place)
        marker = place / MIRROR_MARKER
        identity = _read(marker) or uuid.uuid4().hex
        marker.write_text(f"{identity}\n")
        ledger.set_mirror(connection, dataset.folder, identity)


def check(connection: Connection, dataset: Dataset) -> bool:
    """Whether the folder of a mirror was set up; False before its first set-up.

    Raises:
        HostFault: it cannot be read, or is not the folder that was set up; or it was never
            marked and contains none of the files in the ledger.
    """
    place = landing.root() / dataset.folder
    identity = ledger.mirror_identity(connection, dataset.folder)
    try:
        found = _read(place / MIRROR_MARKER)
        if identity is None:
            if found is None:
                _check_holds_known(connection, dataset, place)
            return False
        if not place.is_dir():
            raise HostFault(f"the folder {place} is gone: is it mounted? No row is retracted")
    except OSError as error:
        raise HostFault(f"{place} cannot be read: {error.strerror}") from error
    if found != identity:
        raise HostFault(
            f"{place} is not the folder that {dataset.name} mirrors: is it mounted? No row is "
            f"retracted. If it is the right one: echo {identity} > {place / MIRROR_MARKER}"
        )
    return True


def _check_holds_known(connection: Connection, dataset: Dataset, place: Path) -> None:
    """Check that a folder without a marker contains a file that the ledger knows."""
    together = datasets.landing_with(dataset)
    known = [path for each in together for path in ledger.known_etags(connection, each.name)]
    if known and not any((place / path).exists() for path in known):
        raise HostFault(
            f"{place} holds none of the {len(known):,} files it held: is it mounted? No row is "
            f"retracted. If it is the right folder: touch {place / MIRROR_MARKER}"
        )


def _read(marker: Path) -> str | None:
    """The identity in a marker: empty if a person created it, None without a marker."""
    try:
        return marker.read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None

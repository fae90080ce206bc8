"""Names that a dataset and its columns can have."""

import keyword
import re

from penstock.columns import normalised
from penstock.errors import PenstockError

_LINEAGE = {"file_id", "row", "load_seq", "position"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def check_dataset(name: str) -> None:
    """Refuse a name that is no name, or a word of SQL or Python.

    Raises:
        PenstockError: it will not do.
    """
    if not _NAME.fullmatch(name):
        raise PenstockError(
            f"dataset name {name!r}: expected lower case letters, digits and _, at most 48"
        )
    if keyword.iskeyword(name) or name in _reserved():
        raise PenstockError(f"dataset name {name!r}: it is a word of SQL or Python")


def column_of(header: str) -> str:
    """The column that a header names: `userId` is `user_id`, `order` (a word of SQL) `order_`.

    Raises:
        PenstockError: a column cannot be named so that the header still means it.
    """
    name = re.sub(r"[^a-z0-9]+", "_", _HUMP.sub("_", header).lower()).strip("_")
    if not _NAME.fullmatch(name) or normalised(name) != normalised(header):
        raise PenstockError(
            f"column {header!r}: expected a name of the letters a to z, digits and _ that begins "
            "with a letter, at most 48; rename it in the files"
        )
    return f"{name}_" if name in _LINEAGE or name in _reserved() else name


def _reserved() -> set[str]:
    """What Postgres reserves, as the linter of SQL knows it."""
    from sqlfluff.core import dialect_selector

    return {word.lower() for word in dialect_selector("postgres").sets("reserved_keywords")}

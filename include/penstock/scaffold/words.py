"""Valid names of datasets and columns."""

import keyword
import re
from collections.abc import Sequence

from penstock.declare.columns import normalised
from penstock.declare.dataset import LONGEST_NAME, check_name
from penstock.errors import PenstockError
from penstock.formats import header

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LINEAGE = {"file_id", "row", "load_seq", "position"}
_OF_POSTGRES = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}  # each table has these
# SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')
_KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check
    collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign freeze from full grant group having ilike in
    initially inner intersect into is isnull join lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
    references returning right select session_user similar some symmetric system_user table
    tablesample then to trailing true union unique user using variadic verbose when where window
    with
    """.split()  # noqa: SIM905 - a hundred words
)
# sqlfluff, which lints the models, reserves these as well.
_OF_THE_LINTER = frozenset({"commutator", "connect", "hashes", "merges", "negator", "rightarg"})
RESERVED = _KEYWORDS | _OF_THE_LINTER
"""What neither a dataset nor a column can be called without quotes."""


def check_dataset(name: str) -> None:
    """Refuse what is not a lower case name, or is a word of SQL or Python.

    Raises:
        PenstockError: the name cannot be used; the message says why.
    """
    check_name(name)
    if keyword.iskeyword(name) or name in RESERVED:
        raise PenstockError(f"dataset name {name!r}: it is a word of SQL or Python")


def columns_of(headers: Sequence[str]) -> list[tuple[str, str | None]]:
    """The column that each name of a header becomes, and its `header` where it needs one.

    `userId` is `user_id`, `Größe` is `grosse`, `order` (a word of SQL) `order_`, the second `a`
    `a_2`, and what has no letters is called by its place.
    """
    taken: set[str] = set()
    columns = []
    for place, own in enumerate(header.distinct(headers), 1):
        name = first = _column(own, place)
        times = 1
        while name in taken:
            times += 1
            name = f"{first[: LONGEST_NAME - 4]}_{times}"
        taken.add(name)
        columns.append((name, None if normalised(name) == normalised(own) else own))
    return columns


def _column(header_: str, place: int) -> str:
    from text_unidecode import unidecode  # type: ignore[import-untyped]

    ascii_ = unidecode(_HUMP.sub("_", header_)).lower()
    name = re.sub(r"[^a-z0-9]+", "_", ascii_).strip("_")
    if not name:
        name = f"column_{place}"
    elif name[0].isdigit():
        name = f"column_{name}"
    name = name[:LONGEST_NAME].rstrip("_")
    is_taken = name in RESERVED | _LINEAGE | _OF_POSTGRES
    return f"{name}_" if is_taken else name

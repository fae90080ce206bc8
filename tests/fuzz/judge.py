"""One ugly file, from its seed to the verdict of the oracle."""

import random
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import oracle
from tests.fuzz.file import Ugly
from tests.fuzz.ugly import make

SetBlocks = Callable[[int], None]


def judge(seed: int, folder: Path, set_blocks: SetBlocks) -> Ugly:
    """Send the file of this seed through the stations at several block sizes.

    Raises:
        AssertionError: something is lost, changed, or differs between block sizes.
    """
    ugly = make(seed)
    place = folder / ugly.name
    place.write_bytes(ugly.data)
    try:
        _judge(ugly, place, set_blocks)
    except Exception as error:
        raise AssertionError(
            f"PENSTOCK_FUZZ_SEED={seed} PENSTOCK_FUZZ_FILES=1: {error}\n{ugly.name}: {ugly.data!r}"
        ) from error
    return ugly


def _judge(ugly: Ugly, place: Path, set_blocks: SetBlocks) -> None:
    set_blocks(1 << 20)
    found = oracle.read(ugly, place)
    if ugly.cut_short:
        assert found.rejected, "cut short, but not rejected"
    elif ugly.rows is not None:
        oracle.the_rows_are_right(ugly, found)
    if found.rejected is None:
        if ugly.is_text:
            oracle.nothing_is_lost(ugly, found)
            oracle.nothing_is_changed(ugly, found)
        oracle.every_row_is_judged(ugly, found)
    dice = random.Random(ugly.seed)
    for size in dice.sample((7, 30, 64, 150, 400, 2000), 2):
        set_blocks(size)
        again = oracle.read(ugly, place)
        assert found.same(again), f"differs at {size} bytes a block: {_told(found, again)}"


def _told(one: oracle.Records, other: oracle.Records) -> str:
    if (one.rejected is None) != (other.rejected is None):
        return f"rejected: {one.rejected} / {other.rejected}"
    rows = set(one.rows.items()) ^ set(other.rows.items())
    refused = [
        line
        for line in one.refused | other.refused
        if one.refused.get(line) != other.refused.get(line)
    ]
    return f"rows {sorted(rows)[:4]}, refused on lines {refused[:4]}"

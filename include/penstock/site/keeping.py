"""Keeps what was made lately: drawing a chart takes longer than asking for its numbers."""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 50  # of one function: charts of up to 60 KB each


def kept(make: Callable[P, T]) -> Callable[P, T]:
    """Return `make`, which is called once for equal arguments. They must be plain values."""
    made: OrderedDict[bytes, T] = OrderedDict()

    @wraps(make)
    def look_up(*args: P.args, **options: P.kwargs) -> T:
        key = pickle.dumps((args, options))
        if key not in made:
            made[key] = make(*args, **options)
            if len(made) > _MOST:
                made.popitem(last=False)
        made.move_to_end(key)
        return made[key]

    return look_up

"""Produces step chains: draws numbers and lands a message for each step of their chains.

A step halves an even value and maps an odd value n to 3n + 1. A chain ends at 1.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from penstock import datasets
from penstock.files import landing

LARGEST = 99_999_999_999_999
"""The largest number that is drawn; the smallest is 1."""


def values(number: int) -> Iterator[int]:
    """Yield the chain of `number`: the number itself first, 1 last.

    Raises:
        ValueError: `number` is less than 1: its chain would never end.
    """
    if number < 1:
        raise ValueError(f"a step chain begins with a whole number from 1 on, not with {number}")
    yield number
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        yield number


def messages(number: int) -> Iterator[str]:
    """Yield a line of JSON for each step of the chain of `number`."""
    for step, value in enumerate(values(number)):
        yield f'{{"Number":{number},"Step":{step},"Value":{value}}}\n'


def produce(run: str, producer: int, numbers: int) -> Path:
    """Land one file with the chains of `numbers` numbers, and return its path.

    Idempotent: `run` and `producer` determine the file's name and the numbers.
    """
    name = re.sub(r"[^\w.-]", "_", run)[:200]
    dataset, path = datasets.get("step_chains"), f"chains-{name}-{producer}.jsonl"
    dice = random.Random(f"{run}/{producer}")  # noqa: S311 - nothing here is a secret
    with landing.draft(dataset, path) as draft, draft.open("w") as file:
        for _ in range(numbers):
            file.writelines(messages(dice.randint(1, LARGEST)))
    return landing.folder(dataset) / path


def shares(numbers: int, producers: int) -> list[int]:
    """Split `numbers` evenly among the producers. No share is 0."""
    each, left = divmod(numbers, producers)
    return [each + (producer < left) for producer in range(min(numbers, producers))]

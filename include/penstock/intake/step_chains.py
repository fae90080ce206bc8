"""Producers of step chains: numbers are drawn, and each sends a message per step.

A step halves an even value and takes an odd one to three times itself plus one, until it is 1.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from penstock import datasets
from penstock.files import landing

LARGEST = 99_999_999_999_999
"""Numbers are drawn from 1 to this one."""


def values(number: int) -> Iterator[int]:
    """The chain of `number`: itself first, 1 last.

    Raises:
        ValueError: `number` is less than 1; such a chain never ends.
    """
    if number < 1:
        raise ValueError(f"a step chain begins with a whole number from 1 on, not with {number}")
    yield number
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        yield number


def messages(number: int) -> Iterator[str]:
    """A JSON object per step of the chain of `number`, each a line."""
    for step, value in enumerate(values(number)):
        yield f'{{"Number":{number},"Step":{step},"Value":{value}}}\n'


def produce(run: str, producer: int, numbers: int) -> Path:
    """Land one file with the chains of `numbers` numbers, and return where it landed.

    `run` and `producer` name the file and choose the numbers, so a repeat lands the same again.
    """
    name = re.sub(r"[^\w.-]", "_", run)[:200]
    dataset, path = datasets.get("step_chains"), f"chains-{name}-{producer}.jsonl"
    dice = random.Random(f"{run}/{producer}")  # noqa: S311 - nothing here is a secret
    with landing.draft(dataset, path) as draft, draft.open("w") as file:
        for _ in range(numbers):
            file.writelines(messages(dice.randint(1, LARGEST)))
    return landing.folder(dataset) / path


def shares(numbers: int, producers: int) -> list[int]:
    """How many numbers each producer draws, so that together they draw `numbers`; none draws 0."""
    each, left = divmod(numbers, producers)
    return [each + (producer < left) for producer in range(min(numbers, producers))]

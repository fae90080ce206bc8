"""Generate product files like the real one; the same arguments give the same bytes.

500,000 rows have 466,693 distinct sku and 222,024 distinct names; other sizes have the same ratios.
Descriptions contain commas, doubled quotes and newlines inside quotes. One row in 300 is bad.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import cycle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.words import ENDINGS, FIRST_NAMES, INITIALS, STEMS, WORDS

HEADER = b"name,sku,description\n"
ROWS_PER_BAD = 300
CHUNK_ROWS = 250_000
# Templates of bad rows: COPY accepts the first three, and fails on the others.
VALUE_FAULTS = ("{name},,{text}\n", "  ,{sku},{text}\n", "{name},{sku}{sku}{long},{text}\n")
FIELD_FAULTS = ("{name},{sku}\n", "{name},{sku},{text},one too many\n")

Ids = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Recipe:
    """What to generate.

    `ragged` adds rows with too few and too many fields. With `updates` > 0 the file updates
    products: its sku are distinct, and drawn from those of a file with that many rows.
    """

    rows: int
    seed: int = 1
    ragged: bool = False
    updates: int = 0

    @property
    def file_name(self) -> str:
        kind = "ragged" if self.ragged else f"update-of-{self.updates}" if self.updates else "plain"
        return f"products-{self.rows}-{kind}-{self.seed}.csv"

    @property
    def rows_bad(self) -> int:
        return self.rows // ROWS_PER_BAD

    @property
    def rows_good(self) -> int:
        return self.rows - self.rows_bad

    @property
    def skus(self) -> int:
        """Distinct sku of the good rows."""
        return self.rows_good if self.updates else distinct_skus(self.rows)

    @property
    def names(self) -> int:
        """Distinct names of the good rows."""
        return round(self.rows * 222_024 / 500_000)


def distinct_skus(rows: int) -> int:
    """The number of distinct sku in the good rows of a file with `rows` rows."""
    return round(rows * 466_693 / 500_000)


@dataclass(frozen=True)
class Expected:
    """The counts that a loader must find in the file; written beside it as JSON."""

    rows: int
    rows_good: int
    rows_bad: int
    skus: int
    names: int
    bytes: int


class Sentences:
    """Numbered short sentences, already escaped for CSV; number 0 is empty."""

    def __init__(self, rng: np.random.Generator, count: int = 4096) -> None:
        texts = [self._sentence(rng) for _ in range(count)]
        self.first = pa.array(["", *texts])
        self.later = pa.array(["", *((" ", " ", "\n")[i % 3] + t for i, t in enumerate(texts))])
        self.count = count

    @staticmethod
    def _sentence(rng: np.random.Generator) -> str:
        words = list(rng.choice(WORDS, rng.integers(4, 8)))
        kind = rng.random()
        if kind < 0.3:
            words[1] += ","
        elif kind < 0.4:
            words[-1] = f'""{words[-1]}""'
        return " ".join(words).capitalize() + "."

    @cached_property
    def quoted(self) -> tuple[pa.Array, pa.Array]:
        """Which sentences of `first` and of `later` must be quoted in CSV."""
        first, later = (pc.match_substring_regex(a, '[,"\n]') for a in (self.first, self.later))
        return first, later


def take(words: tuple[str, ...], numbers: Ids) -> pa.Array:
    """The words at `numbers`."""
    return pa.array(words).take(pa.array(numbers))


def sku_of(ids: Ids) -> pa.Array:
    """A sku of four words for each id; different ids below 2**32 have different sku."""
    # An odd factor permutes the numbers below 2**32, so that neighbours have different words.
    mixed = (ids * 2_654_435_769 + 97) % 2**32
    parts = [take(WORDS, (mixed >> shift) % 256) for shift in (24, 16, 8, 0)]
    return pc.binary_join_element_wise(*parts, "-")


def name_of(ids: Ids) -> pa.Array:
    """A person's name for each id; different ids have different names."""
    rest, first = np.divmod(ids, len(FIRST_NAMES))
    rest, stem = np.divmod(rest, len(STEMS))
    initial, ending = np.divmod(rest, len(ENDINGS))
    family = pc.binary_join_element_wise(take(STEMS, stem), take(ENDINGS, ending), "")
    given = pc.binary_join_element_wise(take(FIRST_NAMES, first), take(INITIALS, initial), " ")
    return pc.binary_join_element_wise(given, family, "")


def descriptions(rng: np.random.Generator, sentences: Sentences, rows: int) -> pa.Array:
    """One to five sentences per row, quoted if needed; one row in 50 has none."""
    lengths = np.where(rng.random(rows) < 0.02, 0, rng.integers(1, 6, rows))
    quoted = pa.array(np.zeros(rows, bool))
    parts = []
    for position in range(5):
        drawn = rng.integers(1, sentences.count + 1, rows)
        picked = pa.array(np.where(position < lengths, drawn, 0))
        later = position > 0
        parts.append((sentences.later if later else sentences.first).take(picked))
        quoted = pc.or_(quoted, sentences.quoted[later].take(picked))
    quote = pc.if_else(quoted, '"', "")
    return pc.binary_join_element_wise(quote, *parts, quote, "")


def bad_lines(recipe: Recipe, names: pa.Array, skus: pa.Array, texts: pa.Array) -> list[str]:
    """Rows that must be refused; they cycle through the faults."""
    faults = cycle(VALUE_FAULTS + FIELD_FAULTS * recipe.ragged)
    rows = zip(faults, names.to_pylist(), skus.to_pylist(), texts.to_pylist(), strict=False)
    return [f.format(name=n, sku=s, text=t, long="-very-long" * 12) for f, n, s, t in rows]


def drawn_ids(rng: np.random.Generator, distinct: int, rows: int) -> Ids:
    """`rows` ids in random order, which include each id below `distinct` at least once."""
    ids = np.concatenate([np.arange(distinct), rng.integers(0, distinct, rows - distinct)])
    rng.shuffle(ids)
    return ids


def chunks(recipe: Recipe) -> Iterator[pa.Array]:
    """Yield the records of the file with their line ends, `CHUNK_ROWS` at a time."""
    rng = np.random.default_rng(recipe.seed)
    sentences = Sentences(rng)
    bad = np.zeros(recipe.rows, bool)
    offsets = rng.integers(0, ROWS_PER_BAD, recipe.rows_bad)
    bad[np.arange(recipe.rows_bad) * ROWS_PER_BAD + offsets] = True
    names = np.empty(recipe.rows, np.int64)
    skus = np.empty(recipe.rows, np.int64)
    names[bad] = rng.integers(0, recipe.names, recipe.rows_bad)
    skus[bad] = rng.integers(0, recipe.skus, recipe.rows_bad)
    names[~bad] = drawn_ids(rng, recipe.names, recipe.rows_good)
    skus[~bad] = (
        rng.choice(distinct_skus(recipe.updates), recipe.rows_good, replace=False)
        if recipe.updates
        else drawn_ids(rng, recipe.skus, recipe.rows_good)
    )
    for start in range(0, recipe.rows, CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        name, sku = name_of(names[part]), sku_of(skus[part])
        text = descriptions(rng, sentences, len(name))
        lines = pc.binary_join_element_wise(
            name, sku, pc.binary_join_element_wise(text, "\n", ""), ","
        )
        mask = pa.array(bad[part])
        replacements = bad_lines(recipe, *(column.filter(mask) for column in (name, sku, text)))
        yield pc.replace_with_mask(lines, mask, pa.array(replacements, pa.string()))


def generate(recipe: Recipe, folder: Path) -> Path:
    """Write the file and its `Expected` (.json) unless both exist; returns the file's path."""
    path = folder / recipe.file_name
    facts = path.with_suffix(".json")
    if path.exists() and facts.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        out.write(HEADER)
        for lines in chunks(recipe):
            out.write(lines.buffers()[2])  # the bytes of all records
    size = path.stat().st_size
    expected = Expected(
        recipe.rows, recipe.rows_good, recipe.rows_bad, recipe.skus, recipe.names, size
    )
    facts.write_text(json.dumps(asdict(expected), indent=2) + "\n")
    return path


def main() -> None:
    """Generate one file from the command line and print its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ragged", action="store_true", help="also rows with wrong field counts")
    parser.add_argument("--updates", type=int, default=0, help="change products of such a file")
    args = parser.parse_args()
    print(generate(Recipe(args.rows, args.seed, args.ragged, args.updates), args.folder))


if __name__ == "__main__":
    main()

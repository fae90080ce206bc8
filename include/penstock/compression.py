"""Compressed files: which there are, and how they are known by name."""

SUFFIXES = (".gz", ".zst", ".bz2", ".xz")


def plain_name(path: str) -> str:
    """`path` without the suffix of its compression, if it has one: `a.csv` of `a.csv.GZ`."""
    suffix = next((s for s in SUFFIXES if path.lower().endswith(s)), "")
    return path[: len(path) - len(suffix)]
